//! How long something is tried.

use crate::error::DepotError;
use backon::{BackoffBuilder, ExponentialBuilder};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

/// How long a store may be away or idle before what was asked of it has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// At most so long without a byte that is of use.
    pub idle: Duration,
    /// At most so long in all, if that is limited.
    pub total: Option<Duration>,
}

impl Patience {
    /// At most so long in all.
    pub const fn of(total: Duration) -> Self {
        Self {
            idle: total,
            total: Some(total),
        }
    }

    /// As long as something comes, and so long after that.
    pub const fn while_it_moves(idle: Duration) -> Self {
        Self { idle, total: None }
    }
}

/// The clock of one call.
pub(crate) struct Watch {
    patience: Patience,
    begun: Instant,
    moved: Mutex<Instant>,
}

impl Watch {
    pub fn new(patience: Patience) -> Self {
        let begun = Instant::now();
        Self {
            patience,
            begun,
            moved: Mutex::new(begun),
        }
    }

    /// Something of use has arrived.
    pub fn moves(&self) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub fn deadline(&self) -> Instant {
        let idle = *self.moved.lock().unwrap_or_else(PoisonError::into_inner) + self.patience.idle;
        self.patience.total.map_or(idle, |total| idle.min(self.begun + total))
    }

    async fn expires(&self) {
        loop {
            let deadline = self.deadline();
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }

    /// Tries until it is done, fails for good, or the deadline is there. `what` completes "can't ...".
    pub async fn persist<T, F: Future<Output = Result<T, DepotError>>>(
        &self,
        what: &str,
        endpoint: &str,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, DepotError> {
        let mut pauses = pauses();
        let mut last = "it does not answer".to_owned();
        loop {
            let ended = tokio::select! {
                biased;
                ended = attempt() => ended,
                () = self.expires() => break,
            };
            match ended {
                Err(error) if error.is_transient() => last = error.to_string(),
                ended => return ended,
            }
            let left = self.deadline().saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            warn!("can't {what} at {endpoint}: {last}; tries again");
            // Once more at the very end.
            sleep(pauses.next().unwrap_or(LONGEST_PAUSE).min(left)).await;
        }
        Err(DepotError::Away {
            what: what.to_owned(),
            endpoint: endpoint.to_owned(),
            seconds: self.begun.elapsed().as_secs_f64(),
            last,
        })
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Pauses between tries, with jitter, so that many workers do not come back at once.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}
