//! What a scheduler tells a job by signals.

use crate::failure::{Exit, Failure, os_text};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// SIGUSR1: the end is near, such as that of the time limit. Who still has work asks to be put back into the queue.
    Warned,
    /// SIGTERM or SIGINT: end. Whoever sent it knows whether the job comes back.
    Terminated,
}

/// The signals, caught from its making on.
pub struct Signals {
    warning: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them.
    ///
    /// # Errors
    /// Signals that can't be caught.
    pub fn catch() -> Result<Self, Failure> {
        let catch = |kind| {
            signal(kind).map_err(|error| {
                let text = format!("can't catch signals: {}", os_text(&error));
                Failure::new(Exit::Unexpected, text)
            })
        };
        Ok(Self {
            warning: catch(SignalKind::user_defined1())?,
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
        })
    }

    /// The next signal.
    pub async fn told(&mut self) -> Told {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Told::Terminated,
            _ = self.interrupt.recv() => Told::Terminated,
            _ = self.warning.recv() => Told::Warned,
        }
    }
}
