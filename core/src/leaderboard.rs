//! The leaderboard: for each (task, seed, variant) the selected trial, its competitors, and who was kept out.
//!
//! Its JSON is the public format `leaderboard.json`, schema 1.

use crate::{
    halving::{StoppingSummary, StoppingTotals},
    id::{SweepId, TrialId},
    measure::{Histogram, Interval, Measures},
    outcome::{Hyperparameters, Outcome, Validation},
    plan::{Group, TrialSpec},
    select::{Choice, Criterion, Excluded, Ranked},
    spec::METHOD,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the JSON format.
pub const SCHEMA: u32 = 1;

/// The result of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaderboard {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What selected.
    pub criterion: Criterion,
    /// Where it comes from.
    pub sweep: Provenance,
    /// The sweeps that it was merged from; empty where it is of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Provenance>,
    /// One entry for each (task, seed, variant), in the plan's order.
    pub tasks: Vec<TaskResult>,
    /// Early stopping over all of them; none where nothing could be stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<StoppingTotals>,
}

/// Where a leaderboard comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The sweep.
    pub id: SweepId,
    /// Its name.
    pub name: String,
    /// SHA-256 of its canonical spec.
    pub spec_sha256: String,
    /// Version of augur.
    pub augur: String,
    /// Version of libtorch, as the workers reported it; several are joined by commas.
    pub libtorch: String,
}

/// The result of one (task, seed, variant).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskResult {
    /// The task's name.
    pub task: String,
    /// The seed.
    pub seed: u64,
    /// The variant: `st-ssad` for the method itself, else the name that the spec gives.
    #[serde(default = "method")]
    pub variant: String,
    /// The trial with the lowest validation loss; none where every trial was kept out.
    pub selected: Option<Candidate>,
    /// All ranked trials, best first.
    pub candidates: Vec<Candidate>,
    /// The trials kept out.
    pub excluded: Vec<Excluded>,
    /// SHA-256 of the choice, fixed before any label was read.
    pub seal: String,
    /// The scores that the selected trial gives the validation images; none without labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// What early stopping did; none where nothing could be stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<StoppingSummary>,
}

/// What a leaderboard without variants is of.
fn method() -> String {
    METHOD.to_owned()
}

/// One ranked trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which.
    pub trial: TrialId,
    /// Its family, or its baseline.
    pub family: String,
    /// Where tuning began.
    pub initial: Hyperparameters,
    /// Where it ended.
    pub tuned: Hyperparameters,
    /// The criterion's value; the lowest wins. None of a baseline.
    pub val_loss: Option<f64>,
    /// All unsupervised losses; none of a baseline.
    pub validation: Option<Validation>,
    /// Area under the ROC curve over the validation images; none without labels.
    pub auroc: Option<f64>,
    /// Average precision over the validation images; none without labels.
    pub average_precision: Option<f64>,
    /// Best F1 over the validation images; none without labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1_max: Option<f64>,
    /// 95 percent interval of `auroc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auroc_interval: Option<Interval>,
    /// 95 percent interval of `average_precision`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_precision_interval: Option<Interval>,
    /// 95 percent interval of `f1_max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1_max_interval: Option<Interval>,
    /// The same measures over labelled test images that tuning never saw; none without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Measures>,
    /// Wall-clock seconds of the attempt that completed.
    pub seconds: f64,
    /// The name of the sweep that computed it, where its outcome was reused; it spent the seconds then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused_from: Option<String>,
    /// SHA-256 of what it was computed from beyond its identifier: the bytes of its images and weights, the code, the kind of
    /// machine. None of a worker that does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// A trial that completed, as a leaderboard wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    /// What it was.
    pub spec: TrialSpec,
    /// What came of it.
    pub outcome: Outcome,
    /// The name of the sweep that computed it, where that was another one.
    pub reused_from: Option<String>,
    /// What it was computed from, where its worker knew.
    pub fingerprint: Option<String>,
}

/// How well scores agree with labels, read after the choice was sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// Best F1 over all thresholds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1_max: Option<f64>,
    /// 95 percent interval of `auroc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auroc_interval: Option<Interval>,
    /// 95 percent interval of `average_precision`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_precision_interval: Option<Interval>,
    /// 95 percent interval of `f1_max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1_max_interval: Option<Interval>,
    /// The same over labelled test images that tuning never saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Measures>,
    /// The scores of the validation images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
}

impl Agreement {
    /// The agreement on validation images and on test images, where their labels are known.
    pub fn of(validation: Option<Measures>, test: Option<Measures>) -> Self {
        Self {
            auroc: validation.map(|of| of.auroc),
            average_precision: validation.map(|of| of.average_precision),
            f1_max: validation.map(|of| of.f1_max),
            auroc_interval: validation.map(|of| of.auroc_interval),
            average_precision_interval: validation.map(|of| of.average_precision_interval),
            f1_max_interval: validation.map(|of| of.f1_max_interval),
            test,
            histogram: None,
        }
    }

    /// Every measure that it has, all of them in [0, 1].
    pub fn values(&self) -> impl Iterator<Item = f64> {
        let test = self.test.map(|test| Self::of(Some(test), None));
        [Some(*self), test].into_iter().flatten().flat_map(|of| {
            let values = [of.auroc, of.average_precision, of.f1_max];
            let intervals = [of.auroc_interval, of.average_precision_interval, of.f1_max_interval];
            values
                .into_iter()
                .flatten()
                .chain(intervals.into_iter().flatten().flatten())
        })
    }
}

/// Early stopping over the groups of a leaderboard.
pub fn stopping_totals(tasks: &[TaskResult]) -> Option<StoppingTotals> {
    StoppingTotals::of(tasks.iter().filter_map(|task| task.early_stopping.as_ref()))
}

impl TaskResult {
    /// Puts one (task, seed) together, without what early stopping did. `completed` has every ranked trial.
    pub fn new(
        group: &Group,
        choice: &Choice,
        completed: &BTreeMap<TrialId, Completed>,
        agreement: &BTreeMap<TrialId, Agreement>,
    ) -> Self {
        let candidates: Vec<Candidate> = choice
            .ranking
            .iter()
            .filter_map(|ranked| {
                let Completed {
                    spec,
                    outcome,
                    reused_from,
                    fingerprint,
                } = completed.get(&ranked.trial)?;
                let agreement = agreement.get(&ranked.trial).copied().unwrap_or_default();
                Some(Candidate {
                    trial: ranked.trial,
                    family: spec.method.name().to_owned(),
                    initial: spec.method.initial(),
                    tuned: outcome.tuned.clone(),
                    val_loss: ranked.val_loss,
                    validation: outcome.validation,
                    auroc: agreement.auroc,
                    average_precision: agreement.average_precision,
                    f1_max: agreement.f1_max,
                    auroc_interval: agreement.auroc_interval,
                    average_precision_interval: agreement.average_precision_interval,
                    f1_max_interval: agreement.f1_max_interval,
                    test: agreement.test,
                    seconds: outcome.seconds,
                    reused_from: reused_from.clone(),
                    fingerprint: fingerprint.clone(),
                })
            })
            .collect();
        Self {
            task: group.task.clone(),
            seed: group.seed,
            variant: group.variant.clone(),
            selected: candidates.first().cloned(),
            candidates,
            excluded: choice.excluded.clone(),
            seal: choice.seal(),
            histogram: choice.selected().and_then(|trial| agreement.get(&trial)?.histogram),
            early_stopping: None,
        }
    }

    /// The choice as it was sealed, put together again from what is written here. Its seal is [`TaskResult::seal`] as long as
    /// no bit of it was changed.
    pub fn choice(&self, criterion: Criterion) -> Choice {
        let ranked = |candidate: &Candidate| Ranked {
            trial: candidate.trial,
            val_loss: candidate.val_loss,
        };
        Choice {
            criterion,
            ranking: self.candidates.iter().map(ranked).collect(),
            excluded: self.excluded.clone(),
        }
    }

    /// The candidate of the lowest loss under any criterion, and that loss; of equal ones the first. None where a candidate
    /// lacks the criterion's value.
    pub fn chosen_by(&self, criterion: Criterion) -> Option<(&Candidate, f64)> {
        let losses: Option<Vec<_>> = self
            .candidates
            .iter()
            .map(|candidate| Some((candidate, criterion.loss(candidate.validation.as_ref()?)?)))
            .collect();
        losses?.into_iter().min_by(|a, b| a.1.total_cmp(&b.1))
    }
}
