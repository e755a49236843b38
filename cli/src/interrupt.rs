//! Ctrl-C and SIGTERM: the wish to stop in good order. SIGHUP is left alone, so that `nohup` works.

use crate::failure::{Exit, Failure};

/// Waits for the wish to stop.
pub async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// What an interrupted command says; `then` tells how to go on.
pub fn failure(then: &str) -> Failure {
    Failure::new(Exit::Interrupted, format!("interrupted; {then}"))
}
