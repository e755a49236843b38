//! How well scores agree with labels, as columns of tables: which there are, and their numbers over seeds.

use super::statistics::mean_sd;
use augur_core::{
    leaderboard::{Candidate, Leaderboard},
    measure::Interval,
};

/// One measure.
pub struct Measure {
    /// Its name in files.
    pub key: &'static str,
    /// Its name at the head of a column.
    pub title: &'static str,
    /// Whether a table has its column even where no trial has its value.
    always: bool,
    /// The value of a trial; none without labels.
    pub value: fn(&Candidate) -> Option<f64>,
    /// The bootstrap interval (95 percent) of the value.
    pub interval: fn(&Candidate) -> Option<Interval>,
}

/// Every measure, in the order of columns: on the validation images, then on test images that tuning never saw.
const MEASURES: [Measure; 6] = [
    Measure {
        key: "auroc",
        title: "AUROC",
        always: true,
        value: |c| c.auroc,
        interval: |c| c.auroc_interval,
    },
    Measure {
        key: "average_precision",
        title: "AP",
        always: true,
        value: |c| c.average_precision,
        interval: |c| c.average_precision_interval,
    },
    Measure {
        key: "f1_max",
        title: "F1-max",
        always: false,
        value: |c| c.f1_max,
        interval: |c| c.f1_max_interval,
    },
    Measure {
        key: "test_auroc",
        title: "test AUROC",
        always: false,
        value: |c| c.test.map(|test| test.auroc),
        interval: |c| c.test.map(|test| test.auroc_interval),
    },
    Measure {
        key: "test_average_precision",
        title: "test AP",
        always: false,
        value: |c| c.test.map(|test| test.average_precision),
        interval: |c| c.test.map(|test| test.average_precision_interval),
    },
    Measure {
        key: "test_f1_max",
        title: "test F1-max",
        always: false,
        value: |c| c.test.map(|test| test.f1_max),
        interval: |c| c.test.map(|test| test.f1_max_interval),
    },
];

/// The measures that a leaderboard's tables show.
pub fn shown(board: &Leaderboard) -> Vec<&'static Measure> {
    let candidates = || board.tasks.iter().flat_map(|task| &task.candidates);
    let has = |measure: &&Measure| measure.always || candidates().any(|c| (measure.value)(c).is_some());
    MEASURES.iter().filter(has).collect()
}

impl Measure {
    /// The value of one trial with its interval, such as "0.913 [0.880, 0.941]".
    pub fn of(&self, candidate: &Candidate) -> String {
        match ((self.value)(candidate), (self.interval)(candidate)) {
            (None, _) => "-".into(),
            (Some(value), None) => format!("{value:.3}"),
            (Some(value), Some([low, high])) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        }
    }

    /// Mean and standard deviation over the seeds that have a value.
    pub fn mean_sd(&self, seeds: &[&Candidate]) -> Option<(f64, Option<f64>)> {
        let values: Vec<f64> = seeds.iter().filter_map(|c| (self.value)(c)).collect();
        mean_sd(&values)
    }

    /// The same in words, such as "0.913 ± 0.010"; of a single seed the value with its interval.
    pub fn over(&self, seeds: &[&Candidate]) -> String {
        match (seeds, self.mean_sd(seeds)) {
            ([only], _) => self.of(only),
            (_, None) => "-".into(),
            (_, Some((mean, None))) => format!("{mean:.3}"),
            (_, Some((mean, Some(sd)))) => format!("{mean:.3} ± {sd:.3}"),
        }
    }
}
