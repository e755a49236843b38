//! Waits between tries: growing, with jitter so that many workers don't come back in step.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// The waits of one series of tries.
pub(super) struct Backoff(ExponentialBackoff);

impl Backoff {
    /// From a tenth of a second to five; jitter adds up to as much again.
    pub fn new() -> Self {
        let waits = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(5))
            .without_max_times()
            .with_jitter();
        Self(waits.build())
    }

    /// The next wait.
    pub fn next(&mut self) -> Duration {
        // The series has no end.
        self.0.next().unwrap_or(Duration::from_secs(5))
    }
}
