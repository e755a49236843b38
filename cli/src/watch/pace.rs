//! How long a sweep has still to go, from the epochs that were finished while it was watched.

use augur_proto::v1::Progress;
use std::time::{Duration, Instant};

/// Too little to go by before this.
const LEAST: Duration = Duration::from_secs(3);

/// The pace of a sweep since somebody began to watch it.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    begun: Instant,
    /// Epochs that were finished at the first look.
    at_first: Option<f64>,
}

impl Pace {
    /// Watching begins.
    pub fn new(now: Instant) -> Self {
        Self {
            begun: now,
            at_first: None,
        }
    }

    /// Notes the first counts that were seen; later ones change nothing.
    pub fn note(&mut self, progress: &Progress) {
        self.at_first.get_or_insert_with(|| epochs(progress).0);
    }

    /// Time since watching began.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.duration_since(self.begun)
    }

    /// The time left if epochs go on as they did; none before there is anything to go by.
    pub fn left(&self, progress: &Progress, now: Instant) -> Option<Duration> {
        let (done, total) = epochs(progress);
        let won = done - self.at_first?;
        let elapsed = self.elapsed(now);
        if won <= 0.0 || elapsed < LEAST {
            return None;
        }
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * (total - done).max(0.0) / won).ok()
    }
}

/// Epochs done and in all; a trial that ended without a result has none to go.
fn epochs(progress: &Progress) -> (f64, f64) {
    let each = f64::from(progress.epochs_per_trial.max(1));
    let ended =
        progress.trials_completed + progress.trials_failed + progress.trials_cancelled + progress.trials_stopped;
    let done = f64::from(ended) * each + f64::from(progress.running_epochs);
    (done, f64::from(progress.trials_total) * each)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(completed: u32, running_epochs: u32) -> Progress {
        Progress {
            trials_total: 10,
            trials_completed: completed,
            epochs_per_trial: 30,
            running_epochs,
            ..Default::default()
        }
    }

    #[test]
    fn what_was_done_before_is_not_counted_as_pace() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        pace.note(&progress(4, 0));
        pace.note(&progress(5, 0));
        let later = begin + Duration::from_secs(60);
        // 30 epochs in a minute, 150 to go.
        assert_eq!(pace.left(&progress(4, 30), later), Some(Duration::from_secs(300)));
    }

    #[test]
    fn no_guess_before_the_first_epoch() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        pace.note(&progress(0, 0));
        assert_eq!(pace.left(&progress(0, 0), begin + Duration::from_secs(60)), None);
        assert_eq!(pace.left(&progress(0, 1), begin + Duration::from_secs(1)), None);
    }
}
