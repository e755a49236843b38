//! Waits between tries: growing, with jitter so that many workers don't come back in step. The jitter follows from a seed.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// The waits of one series of tries.
pub(super) struct Backoff(ExponentialBackoff);

impl Backoff {
    /// From a tenth of a second on; jitter adds up to as much again, to at most `longest` or ten seconds.
    pub fn within(longest: Duration, seed: u64) -> Self {
        let shortest = Duration::from_millis(100);
        let waits = ExponentialBuilder::default()
            .with_min_delay(shortest)
            .with_max_delay((longest / 2).clamp(shortest, Duration::from_secs(5)))
            .without_max_times()
            .with_jitter()
            .with_jitter_seed(seed);
        Self(waits.build())
    }

    /// The next wait.
    pub fn next(&mut self) -> Duration {
        // The series has no end.
        self.0.next().unwrap_or(Duration::from_secs(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_what_is_allowed_and_no_further() {
        let longest = Duration::from_secs(1);
        let waits = |seed| -> Vec<Duration> {
            let mut backoff = Backoff::within(longest, seed);
            (0..50).map(|_| backoff.next()).collect()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
        let waits = waits(7);
        assert!(
            waits
                .iter()
                .all(|wait| (Duration::from_millis(100)..=longest).contains(wait)),
            "{waits:?}"
        );
        assert!(waits[0] < longest / 4 && waits[49] >= longest / 2, "{waits:?}");
    }
}
