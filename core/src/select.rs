//! The choice between the trials of one (task, seed, variant): lowest unsupervised validation loss, no labels.
//!
//! A trial that learnt nothing, or whose augmentation became the identity, can have a low loss all the same
//! (docs/method.md, "Beware"); the guards keep it out, with the reason.

use crate::{
    id::TrialId,
    outcome::{Outcome, Validation},
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

/// An unsupervised validation loss; the lowest wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// E(p*) - E(0): how much of the shift to the validation images the augmentation explains.
    #[default]
    MixtureEnergy,
    /// L_val of the paper. It compares starts of one family; between families it misleads.
    MeanDistance,
    /// 1 - explained.
    Unexplained,
    /// -S: the largest variance of the anomaly scores.
    ScoreVariance,
}

impl Criterion {
    /// Every criterion.
    pub const ALL: [Self; 4] = [
        Self::MixtureEnergy,
        Self::MeanDistance,
        Self::Unexplained,
        Self::ScoreVariance,
    ];

    /// The criterion's name, as in specs and leaderboards.
    pub fn name(self) -> &'static str {
        match self {
            Self::MixtureEnergy => "mixture_energy",
            Self::MeanDistance => "mean_distance",
            Self::Unexplained => "unexplained",
            Self::ScoreVariance => "score_variance",
        }
    }

    /// The loss; lower is better.
    pub fn loss(self, validation: &Validation) -> f64 {
        match self {
            Self::MixtureEnergy => validation.mixture_energy,
            Self::MeanDistance => validation.mean_distance,
            Self::Unexplained => 1.0 - validation.explained,
            Self::ScoreVariance => -validation.score_variance,
        }
    }

    /// The loss of an outcome, where it has one.
    pub fn loss_of(self, outcome: &Outcome) -> Option<f64> {
        outcome.validation.as_ref().map(|validation| self.loss(validation))
    }
}

/// Thresholds beyond which a trial is not ranked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guards {
    /// Last epoch's training loss above which nothing was told apart (nats; chance is ln 2 = 0.693).
    pub max_training_loss: f64,
    /// Embedding scale s below which the embedding has collapsed.
    pub min_embedding_scale: f64,
    /// Augmentation distance below which the augmentation is the identity.
    pub min_augmentation_distance: f64,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_training_loss: 0.65,
            min_embedding_scale: 1e-3,
            min_augmentation_distance: 0.15,
        }
    }
}

impl Guards {
    /// Why the trial may not be ranked, if so.
    pub fn exclusion(&self, outcome: &Outcome) -> Option<String> {
        if !outcome.is_finite() {
            return Some("numerical: a result is not a finite number".into());
        }
        // A baseline has nothing that could collapse into the identity.
        let d = outcome.diagnostics.as_ref()?;
        if d.augmentation_distance < self.min_augmentation_distance {
            Some(format!(
                "identity: augmented images differ from their originals by {:.3} of the distance between two images \
                 (less than {})",
                d.augmentation_distance, self.min_augmentation_distance
            ))
        } else if d.embedding_scale < self.min_embedding_scale {
            Some(format!(
                "collapse: the embeddings spread by {:.2e} (less than {:.0e})",
                d.embedding_scale, self.min_embedding_scale
            ))
        } else if d.training_loss > self.max_training_loss {
            Some(format!(
                "collapse: the training loss ended at {:.3} (above {}; ln 2 = 0.693 is chance)",
                d.training_loss, self.max_training_loss
            ))
        } else {
            None
        }
    }
}

/// How one trial of a group ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// With an outcome.
    Completed(Outcome),
    /// Without one.
    Failed(Cause),
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
        CauseKind::WorkerLost | CauseKind::Crashed | CauseKind::OutOfMemory | CauseKind::Released => {
            format!("failed: {}", cause.kind)
        }
    }
}

impl Choice {
    /// Ranks the trials of a group, given in the plan's order; equal losses keep that order.
    pub fn make<'a>(spec: &SelectionSpec, trials: impl IntoIterator<Item = (TrialId, &'a Ended)>) -> Self {
        let mut choice = Self {
            criterion: spec.criterion,
            ranking: Vec::new(),
            excluded: Vec::new(),
        };
        for (trial, ended) in trials {
            let exclusion = match ended {
                Ended::Failed(cause) => Some(failure(cause)),
                Ended::Completed(outcome) => spec.guards.exclusion(outcome),
            };
            match (exclusion, ended) {
                (None, Ended::Completed(outcome)) => {
                    let val_loss = spec.criterion.loss_of(outcome);
                    choice.ranking.push(Ranked { trial, val_loss });
                }
                (reason, _) => choice.excluded.push(Excluded {
                    trial,
                    reason: reason.unwrap_or_default(),
                }),
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
