//! What keeps a trial out of the choice: it learnt nothing, or its loss can't be compared.

use crate::{
    outcome::{Diagnostics, Outcome},
    plan::TrialSpec,
};
use serde::{Deserialize, Serialize};

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
    /// Why the trial may not be ranked, if so: it learnt nothing.
    pub fn exclusion(&self, outcome: &Outcome) -> Option<String> {
        // A baseline has nothing that could collapse into the identity.
        self.exclusion_by(outcome.diagnostics.as_ref()?)
    }

    /// The same by what the guards read, at a trial's end or on its way.
    pub fn exclusion_by(&self, d: &Diagnostics) -> Option<String> {
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

/// Why the losses of two trials say nothing about which of them is better: they were computed over other images, on
/// another scale, or are other losses. None where they can be compared.
pub fn incomparable(trial: &TrialSpec, with: &TrialSpec) -> Option<&'static str> {
    let differences = [
        (trial.data.identity() != with.data.identity(), "data set"),
        (trial.split != with.split, "split"),
        (
            (&trial.task.normal, &trial.task.anomaly) != (&with.task.normal, &with.task.anomaly),
            "task",
        ),
        (trial.seed != with.seed, "seed"),
        (
            trial.training.normalisation != with.training.normalisation,
            "image normalisation",
        ),
        (trial.tuning.loss != with.tuning.loss, "validation loss"),
        (trial.score != with.score, "anomaly score"),
    ];
    differences
        .into_iter()
        .find(|(differ, _)| *differ)
        .map(|(_, what)| what)
}
