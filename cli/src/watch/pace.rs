//! How fast a sweep goes and how long it has still to go, from the epochs that were finished while it was watched.

use augur_proto::v1::Progress;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Too little to go by before this.
const LEAST: Duration = Duration::from_secs(3);
/// Looks that are remembered, so far apart at least: what happened longer ago says little of what is to come.
const LOOKS: usize = 240;
const APART: Duration = Duration::from_secs(5);
/// The uncertainty comes from the rates of so many spans of equal length.
const SPANS: usize = 8;
/// Student's t of 7 degrees of freedom, two-sided, 95 percent.
const T: f64 = 2.365;

/// The pace of a sweep since somebody began to watch it.
#[derive(Clone, Debug)]
pub struct Pace {
    begun: Instant,
    /// When one looked, and epochs and trials that were done then; the newest last.
    looks: VecDeque<(Instant, f64, u32)>,
}

/// Time left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Left {
    /// If epochs go on as they did.
    pub about: Duration,
    /// With 95 percent confidence, if the pace only varies as it did; none before there is enough to go by.
    pub between: Option<(Duration, Duration)>,
}

impl Pace {
    /// Watching begins.
    pub fn new(now: Instant) -> Self {
        Self {
            begun: now,
            looks: VecDeque::new(),
        }
    }

    /// Notes the counts of now.
    pub fn note(&mut self, progress: &Progress, now: Instant) {
        let look = (
            now,
            epochs(progress).0,
            progress.trials_completed + progress.trials_stopped,
        );
        let is_soon = |last: &(Instant, f64, u32)| now.duration_since(last.0) < APART;
        // The first one stays as the beginning.
        if self.looks.len() > 1 && self.looks.get(self.looks.len() - 2).is_some_and(is_soon) {
            self.looks.pop_back();
        }
        self.looks.push_back(look);
        if self.looks.len() > LOOKS {
            self.looks.pop_front();
        }
    }

    /// Time since watching began.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.duration_since(self.begun)
    }

    /// Epochs a second and trials a minute; none before there is anything to go by.
    pub fn rates(&self, progress: &Progress, now: Instant) -> Option<(f64, f64)> {
        let (first, epochs_then, trials_then) = self.looks.front()?;
        let seconds = now.duration_since(*first).as_secs_f64();
        let won = epochs(progress).0 - epochs_then;
        if won <= 0.0 || seconds < LEAST.as_secs_f64() {
            return None;
        }
        let trials = f64::from((progress.trials_completed + progress.trials_stopped).saturating_sub(*trials_then));
        Some((won / seconds, trials * 60.0 / seconds))
    }

    /// The time left; none before there is anything to go by.
    pub fn left(&self, progress: &Progress, now: Instant) -> Option<Left> {
        let (rate, _) = self.rates(progress, now)?;
        let (done, total) = epochs(progress);
        let rest = (total - done).max(0.0);
        let time = |rate: f64| Duration::try_from_secs_f64(rest / rate).ok();
        let between = self.deviation().and_then(|deviation| {
            let half = T * deviation / (SPANS as f64).sqrt();
            // A pace that may be none has no end.
            (half < rate).then(|| Some((time(rate + half)?, time(rate - half)?)))?
        });
        Some(Left {
            about: time(rate)?,
            between,
        })
    }

    /// Standard deviation of the rates of [`SPANS`] spans of equal length, epochs a second.
    fn deviation(&self) -> Option<f64> {
        let (first, last) = (self.looks.front()?.0, self.looks.back()?.0);
        let span = last.duration_since(first).as_secs_f64() / SPANS as f64;
        if self.looks.len() <= SPANS || span < APART.as_secs_f64() {
            return None;
        }
        let done: Vec<f64> = (0..=SPANS).map(|n| self.done_at(first, span * n as f64)).collect();
        let rates: Vec<f64> = done.windows(2).map(|ends| (ends[1] - ends[0]) / span).collect();
        let mean = rates.iter().sum::<f64>() / SPANS as f64;
        let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
        Some((squares / (SPANS - 1) as f64).sqrt())
    }

    /// Epochs done so many seconds after the first look, on the straight line between the looks around it.
    fn done_at(&self, first: Instant, seconds: f64) -> f64 {
        let at = |look: &(Instant, f64, u32)| look.0.duration_since(first).as_secs_f64();
        let after = self.looks.partition_point(|look| at(look) < seconds);
        match (
            after.checked_sub(1).and_then(|before| self.looks.get(before)),
            self.looks.get(after),
        ) {
            (Some(before), Some(after)) => {
                let share = (seconds - at(before)) / (at(after) - at(before));
                before.1 + share * (after.1 - before.1)
            }
            (Some(only), None) | (None, Some(only)) => only.1,
            (None, None) => 0.0,
        }
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
        pace.note(&progress(4, 0), begin);
        let later = begin + Duration::from_secs(60);
        // 30 epochs in a minute, 150 to go.
        let left = pace.left(&progress(4, 30), later).unwrap();
        assert_eq!((left.about, left.between), (Duration::from_secs(300), None));
        assert_eq!(pace.rates(&progress(5, 0), later), Some((0.5, 1.0)));
    }

    #[test]
    fn no_guess_before_the_first_epoch() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        pace.note(&progress(0, 0), begin);
        assert_eq!(pace.left(&progress(0, 0), begin + Duration::from_secs(60)), None);
        assert_eq!(pace.left(&progress(0, 1), begin + Duration::from_secs(1)), None);
    }

    #[test]
    fn the_interval_is_as_wide_as_the_pace_varies() {
        let begin = Instant::now();
        let after = |seconds: u64| begin + Duration::from_secs(seconds);
        let end = progress(4, 0);
        let watch = |epochs: fn(u64) -> u32| {
            let mut pace = Pace::new(begin);
            for n in 0..=16 {
                pace.note(&progress(0, epochs(n)), after(10 * n));
            }
            pace.left(&end, after(160)).unwrap()
        };
        // 120 epochs in 160 seconds, 180 to go: 240 seconds.
        let even = watch(|n| u32::try_from(n * 120 / 16).unwrap());
        let (low, high) = even.between.unwrap();
        assert_eq!(even.about, Duration::from_secs(240));
        assert!(low.as_secs() >= 225 && high.as_secs() <= 260, "{even:?}");
        // Half of the spans stood still.
        let uneven = watch(|n| u32::try_from(n / 4 * 30).unwrap());
        let (low, high) = uneven.between.unwrap();
        assert!(
            low < Duration::from_secs(190) && high > Duration::from_secs(300),
            "{uneven:?}"
        );
    }
}
