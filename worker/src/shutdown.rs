//! What ends a worker: SIGTERM, SIGINT, SIGUSR1 (by which Slurm warns of the end), and the end of stdin where that is wanted.

use crate::error::WorkerError;
use std::io::Read;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// A token that fires when the worker should stop.
///
/// # Errors
/// Signals that can't be caught.
pub fn on_shutdown(with_stdin: bool) -> Result<CancellationToken, WorkerError> {
    let stopping = CancellationToken::new();
    for (kind, name) in [
        (SignalKind::terminate(), "SIGTERM"),
        (SignalKind::interrupt(), "SIGINT"),
        (SignalKind::user_defined1(), "SIGUSR1"),
    ] {
        let mut signals = signal(kind).map_err(|fault| WorkerError::System {
            what: "catch signals",
            fault,
        })?;
        let stopping = stopping.clone();
        tokio::spawn(async move {
            signals.recv().await;
            info!("stops on {name}");
            stopping.cancel();
        });
    }
    if with_stdin {
        let stopping = stopping.clone();
        // A thread of its own: a read of stdin can't be given up, and must not keep the process from ending.
        std::thread::spawn(move || {
            let mut ignored = [0; 256];
            while std::io::stdin().read(&mut ignored).is_ok_and(|n| n > 0) {}
            info!("stops at the end of stdin");
            stopping.cancel();
        });
    }
    Ok(stopping)
}
