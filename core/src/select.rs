//! The choice between the trials of one (task, seed, variant): lowest unsupervised validation loss, no labels.
//!
//! A trial that learnt nothing, or whose augmentation became the identity, can have a low loss all the same
//! (docs/method.md, "Beware"); the guards keep it out, with the reason.

mod criterion;
mod guards;

pub use criterion::Criterion;
pub use guards::{Guards, incomparable};

use crate::{
    halving::Stop,
    id::TrialId,
    outcome::Outcome,
    plan::TrialSpec,
    spec::sha256_of,
    state::{Cause, CauseKind},
};
use serde::{Deserialize, Serialize};

/// How trials are compared, in the spec.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SelectionSpec {
    /// The validation loss that selects.
    pub criterion: Criterion,
    /// What keeps a trial out.
    pub guards: Guards,
}

impl SelectionSpec {
    /// The loss of an outcome that could be selected among others; none where it could not.
    pub fn loss_of(&self, outcome: &Outcome) -> Option<f64> {
        let loss = self.criterion.loss_of(outcome).filter(|_| outcome.is_finite())?;
        self.guards.exclusion(outcome).is_none().then_some(loss)
    }

    /// The loss by which a trial is ranked, none for a baseline; or why it isn't ranked.
    fn judge(&self, ended: &Ended, incomparable: Option<&str>, guarded: bool) -> Result<Option<f64>, String> {
        let outcome = match ended {
            Ended::Failed(cause) => return Err(failure(cause)),
            Ended::Stopped(stop) => return Err(stop.to_string()),
            Ended::Completed(outcome) => outcome,
        };
        if let Some(what) = incomparable {
            return Err(format!(
                "comparability: its {what} is not that of the group's first trial"
            ));
        }
        if !outcome.is_finite() {
            return Err("numerical: a result is not a finite number".into());
        }
        if let Some(reason) = guarded.then(|| self.guards.exclusion(outcome)).flatten() {
            return Err(reason);
        }
        match self.criterion.loss_of(outcome) {
            None if outcome.validation.is_some() => {
                let name = self.criterion.name();
                Err(format!(
                    "comparability: it was run by an augur that doesn't know {name}"
                ))
            }
            loss => Ok(loss),
        }
    }
}

/// A trial that is over.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Which.
    pub trial: TrialId,
    /// What it was.
    pub spec: &'a TrialSpec,
    /// How it ended.
    pub ended: &'a Ended,
}

/// How one trial of a group ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// With an outcome.
    Completed(Outcome),
    /// Without one.
    Failed(Cause),
    /// By early stopping, whatever became of it afterwards.
    Stopped(Stop),
}

/// The choice for one (task, seed, variant), made before any label is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The criterion.
    pub criterion: Criterion,
    /// The trials that were ranked, best first; the first is selected.
    pub ranking: Vec<Ranked>,
    /// The others.
    pub excluded: Vec<Excluded>,
}

/// A ranked trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// Which.
    pub trial: TrialId,
    /// Its loss under the criterion; none of a baseline, which is alone in its group.
    pub val_loss: Option<f64>,
}

/// A trial that was kept out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Which.
    pub trial: TrialId,
    /// Why.
    pub reason: String,
}

/// Why a failed trial is not ranked. Only details that follow from the trial's inputs: the name of a worker or the lines
/// of a log would give two runs of the same sweep two seals. The whole cause stays with the trial.
fn failure(cause: &Cause) -> String {
    match cause.kind {
        CauseKind::Numerical | CauseKind::BadData => format!("failed: {cause}"),
        CauseKind::WorkerLost
        | CauseKind::Crashed
        | CauseKind::OutOfMemory
        | CauseKind::Preempted
        | CauseKind::Cancelled
        | CauseKind::Deadline => format!("failed: {}", cause.kind),
    }
}

impl Choice {
    /// Ranks the trials of a group, given in the plan's order; equal losses keep that order. Trials that can't be
    /// compared with the first are kept out, and those that learnt nothing: but not the only trial of a group that tunes
    /// nothing, such as a random baseline. There is nothing to choose, and weak baselines belong to the comparison.
    pub fn make<'a>(spec: &SelectionSpec, trials: impl IntoIterator<Item = Entry<'a>>) -> Self {
        let mut choice = Self {
            criterion: spec.criterion,
            ranking: Vec::new(),
            excluded: Vec::new(),
        };
        let trials: Vec<_> = trials.into_iter().collect();
        let guarded = trials.len() > 1 || trials.iter().any(|entry| entry.spec.is_tuned());
        let mut first = None;
        for Entry {
            trial,
            spec: own,
            ended,
        } in trials
        {
            let first = *first.get_or_insert(own);
            match spec.judge(ended, incomparable(own, first), guarded) {
                Ok(val_loss) => choice.ranking.push(Ranked { trial, val_loss }),
                Err(reason) => choice.excluded.push(Excluded { trial, reason }),
            }
        }
        let last = f64::INFINITY;
        choice
            .ranking
            .sort_by(|a, b| a.val_loss.unwrap_or(last).total_cmp(&b.val_loss.unwrap_or(last)));
        choice
    }

    /// The selected trial; none where every trial was kept out.
    pub fn selected(&self) -> Option<TrialId> {
        self.ranking.first().map(|ranked| ranked.trial)
    }

    /// SHA-256 (hexadecimal) over the choice: whoever knows it before the labels are read can check afterwards that
    /// the choice was not changed.
    pub fn seal(&self) -> String {
        sha256_of(self)
    }
}
