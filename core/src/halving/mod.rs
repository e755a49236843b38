//! Early stopping by asynchronous successive halving (ASHA; Li, Jamieson, Rostamizadeh and others, MLSys 2020), without labels.
//!
//! At each **rung**, an epoch, a trial is compared with those of its group that come before it in a seeded order and got so
//! far; it goes on if it is among the best of them, one in `reduction`. In that order, and not in the order of arrival, so
//! that every decision is a function of the values alone: the same with one worker or many, whoever was killed.

mod decision;
mod share;
mod summary;

pub use decision::{Course, Fate, Stop, fates};
pub use share::expected_share;
pub use summary::{Audited, Member, StoppingSummary, StoppingTotals};

use crate::{
    draws::{Purpose, stream},
    id::TrialId,
    outcome::Measurement,
    plan::{Method, Plan},
    select::SelectionSpec,
};
use rand::{Rng, RngCore};

/// What the trials of a group are judged by on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// One in so many goes on.
    pub reduction: u32,
    /// The rungs, as epochs, in order; at least one.
    pub rungs: Vec<u32>,
    /// The share of trials that run to their end all the same.
    pub audit: f64,
}

impl Rules {
    /// The rules of the group at `index`; none where nothing is stopped: without early stopping in the spec, and in a
    /// group of a baseline or of a single trial.
    pub fn of(plan: &Plan, index: u32) -> Option<Self> {
        let spec = plan.spec();
        let stopping = spec.early_stopping.as_ref()?;
        let members = plan.members(index);
        let is_baseline = matches!(plan.trial(members.start).method, Method::Baseline(_));
        if members.len() < 2 || is_baseline {
            return None;
        }
        Some(Self {
            reduction: stopping.reduction,
            rungs: stopping.rungs(&spec.training, &spec.tuning),
            audit: stopping.audit,
        })
    }
}

/// The order in which the trials of a group are compared, as positions in `trials`: drawn for each trial on its own, so that
/// families are mixed and another trial changes nobody's place beside a third.
pub fn order(seed: u64, trials: &[TrialId]) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = (0..)
        .zip(trials)
        .map(|(at, trial)| (stream(seed, trial, Purpose::Halving, 0).next_u64(), at))
        .collect();
    places.sort_unstable();
    places.into_iter().map(|(_, at)| at).collect()
}

/// Whether a trial runs to its end whatever is decided: with probability `audit`.
pub fn is_audited(seed: u64, trial: &TrialId, audit: f64) -> bool {
    stream(seed, trial, Purpose::Audit, 0).random::<f64>() < audit
}

/// What a trial is compared by at a rung, lower is better: the selection's criterion. Infinite where a guard would keep the
/// trial out if it ended here, and where there is no finite value.
pub fn value(selection: &SelectionSpec, measurement: &Measurement) -> f64 {
    let (Some(validation), Some(diagnostics)) = (&measurement.validation, &measurement.diagnostics) else {
        return f64::INFINITY;
    };
    let numbers = validation.values().chain(diagnostics.values());
    if !numbers.into_iter().all(f64::is_finite) || selection.guards.exclusion_by(diagnostics).is_some() {
        return f64::INFINITY;
    }
    let loss = selection.criterion.loss(validation);
    loss.filter(|loss| loss.is_finite()).unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests;
