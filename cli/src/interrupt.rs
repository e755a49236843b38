//! Ctrl-C, SIGTERM and SIGHUP: the wish to stop in good order.

use crate::failure::{Exit, Failure};

/// Waits for the wish to stop.
pub async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (term, hup) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
        if let (Ok(mut term), Ok(mut hup)) = (term, hup) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
                _ = hup.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// What an interrupted command says; `then` tells how to go on.
pub fn failure(then: &str) -> Failure {
    Failure::new(Exit::Interrupted, format!("interrupted; {then}"))
}
