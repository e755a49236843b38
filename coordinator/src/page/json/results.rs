//! Rows of the leaderboard. Whatever was measured by labels is there only of a group whose choice is sealed: the API has
//! nothing to give before.

use augur_proto::v1;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(in crate::page) struct Result {
    group: u32,
    task: String,
    seed: String,
    variant: String,
    ranked: u32,
    excluded: u32,
    seal: String,
    selected: Option<Selected>,
}

#[derive(Serialize)]
struct Selected {
    trial: String,
    family: String,
    initial: BTreeMap<String, f64>,
    tuned: BTreeMap<String, f64>,
    validation_loss: Option<f64>,
    seconds: f64,
    reused_from: String,
    auroc: Option<Measured>,
    average_precision: Option<Measured>,
    f1_max: Option<Measured>,
    test_auroc: Option<Measured>,
}

/// A measure, with the ends of its 95 percent interval where there is one.
#[derive(Serialize)]
struct Measured {
    value: f64,
    interval: Option<[f64; 2]>,
}

impl Measured {
    fn of(value: f64, interval: Option<v1::Interval>) -> Self {
        let interval = interval.map(|interval| [interval.low, interval.high]);
        Self { value, interval }
    }
}

impl From<v1::Result> for Result {
    fn from(of: v1::Result) -> Self {
        Self {
            group: of.group,
            task: of.task,
            seed: of.seed.to_string(),
            variant: of.variant,
            ranked: of.ranked,
            excluded: of.excluded,
            seal: of.seal,
            selected: of.selected.map(Into::into),
        }
    }
}

impl From<v1::Candidate> for Selected {
    fn from(of: v1::Candidate) -> Self {
        let measured = |value: Option<f64>, interval| value.map(|value| Measured::of(value, interval));
        Self {
            auroc: measured(of.auroc, of.auroc_interval),
            average_precision: measured(of.average_precision, of.average_precision_interval),
            f1_max: measured(of.f1_max, of.f1_max_interval),
            test_auroc: of.test.map(|test| Measured::of(test.auroc, test.auroc_interval)),
            trial: of.trial,
            family: of.family,
            initial: of.initial,
            tuned: of.tuned,
            validation_loss: of.val_loss,
            seconds: of.seconds,
            reused_from: of.reused_from,
        }
    }
}
