//! A group that two sweeps have: its trials have to be the same, and to have come to the same.

use crate::failure::{Exit, Failure};
use augur_core::{
    id::TrialId,
    leaderboard::{Candidate, TaskResult},
    outcome::{Hyperparameters, Validation},
};
use std::collections::BTreeSet;

/// Whether two results of one (task, seed, variant) are the same but for the time that they took.
///
/// # Errors
/// The first difference, by name.
pub fn check(a: &TaskResult, b: &TaskResult, (first, second): (&str, &str)) -> Result<(), Failure> {
    let refuse = |why: String| {
        let text = format!(
            "sweeps {first} and {second} both have {}, seed {}, variant {}, but {why}",
            a.task, a.seed, a.variant
        );
        Err(Failure::new(Exit::OtherSweep, text).help("report on the sweeps one by one, or leave one of them out"))
    };
    let (of_a, of_b) = (trials(a), trials(b));
    if let Some(trial) = of_a.symmetric_difference(&of_b).next() {
        let (has, lacks) = if of_a.contains(trial) {
            (first, second)
        } else {
            (second, first)
        };
        return refuse(format!(
            "trial {trial} of {has} is not in {lacks}: their families, starting points or resources differ"
        ));
    }
    for candidate in &a.candidates {
        let Some(other) = b.candidates.iter().find(|other| other.trial == candidate.trial) else {
            return refuse(format!("trial {} was kept out in {second} alone", candidate.trial));
        };
        let (own, others) = (Facts::of(candidate), Facts::of(other));
        if own != others {
            let why = match (&candidate.fingerprint, &other.fingerprint) {
                (Some(a), Some(b)) if a != b => {
                    "the fingerprints differ too: other images or weights, other code, or another kind of machine"
                }
                (Some(_), Some(_)) => "though the fingerprints are the same",
                _ => "and a fingerprint is missing that would tell why",
            };
            return refuse(format!(
                "trial {} has another {} in each, {why}",
                candidate.trial,
                own.difference(&others)
            ));
        }
    }
    match a.seal == b.seal {
        true => Ok(()),
        false => refuse(format!("the seals are {} and {}", a.seal, b.seal)),
    }
}

/// All trials of a group, ranked or not.
fn trials(result: &TaskResult) -> BTreeSet<TrialId> {
    let ranked = result.candidates.iter().map(|candidate| candidate.trial);
    ranked
        .chain(result.excluded.iter().map(|excluded| excluded.trial))
        .collect()
}

/// What a trial came to.
#[derive(PartialEq)]
struct Facts<'a> {
    tuned: &'a Hyperparameters,
    val_loss: Option<f64>,
    validation: Option<Validation>,
    auroc: Option<f64>,
    average_precision: Option<f64>,
}

impl<'a> Facts<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self {
            tuned: &candidate.tuned,
            val_loss: candidate.val_loss,
            validation: candidate.validation,
            auroc: candidate.auroc,
            average_precision: candidate.average_precision,
        }
    }

    fn difference(&self, other: &Self) -> &'static str {
        match () {
            () if self.tuned != other.tuned => "augmentation at its end",
            () if self.val_loss != other.val_loss => "validation loss",
            () if self.validation != other.validation => "unsupervised loss",
            () if self.auroc != other.auroc => "AUROC",
            () => "average precision",
        }
    }
}
