//! What a trial reports: a measurement after each epoch, an outcome at its end. No labels anywhere.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Hyperparameters by name, the unit in the name: `angle_deg`, `area` (fraction of the image), `aspect` (width / height).
pub type Hyperparameters = BTreeMap<String, f64>;

/// One epoch of one attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Epochs finished, from 1.
    pub epoch: u32,
    /// Mean training loss over the epoch: binary cross-entropy (nats), or what a baseline is trained by.
    pub training_loss: f64,
    /// Mean-distance validation loss in evaluation mode at the end of the epoch; none of a baseline.
    pub validation_loss: Option<f64>,
    /// The augmentation at the end of the epoch.
    pub hyperparameters: Hyperparameters,
    /// Mean norm of the hypergradient (with respect to the raw parameters) over the epoch; none during warm-up
    /// and where no step was due.
    pub hypergradient_norm: Option<f64>,
    /// Seconds that the trial has run, in earlier attempts too as far as this one resumed them.
    pub seconds: f64,
    /// At a rung of early stopping the losses as they would be if the trial ended here; none where a number is not finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// What the guards read, beside `validation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<Diagnostics>,
}

/// The unsupervised validation of a finished trial (docs/selection.md).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// E(p*) - E(0), at most 0, the lower the better.
    pub mixture_energy: f64,
    /// Mean distance L_val, about 1 at best, the lower the better.
    pub mean_distance: f64,
    /// 1 - E(p*) / E(0), in [0, 1].
    pub explained: f64,
    /// p*, the estimated share of anomalies among the validation images, in [0, 1].
    pub anomaly_share: f64,
    /// Variance of the anomaly scores over the validation images.
    pub score_variance: f64,
    /// Minus the whitened cosine between the shifts of validation and augmented images, in [-1, 1], the lower the better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whitened_cosine: Option<f64>,
    /// Discordance and separability validation, the lower the better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dsv: Option<f64>,
    /// Squared maximum mean discrepancy of the validation images, in [0, 2], the lower the better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mmd: Option<f64>,
    /// p-value, in (0, 1], of the validation images being normal ones as the embedding sees them. No selector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_p_value: Option<f64>,
}

impl Validation {
    /// Every number that it has.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        let always = [
            self.mixture_energy,
            self.mean_distance,
            self.explained,
            self.anomaly_share,
            self.score_variance,
        ];
        let later = [self.whitened_cosine, self.dsv, self.mmd, self.shift_p_value];
        always.into_iter().chain(later.into_iter().flatten())
    }
}

/// What tells a trial that learnt nothing from one that did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// Mean training loss over the last epoch (nats); ln 2 means that nothing was told apart.
    pub training_loss: f64,
    /// s of the total distance normalisation; 0 means that every embedding is the same.
    pub embedding_scale: f64,
    /// RMS of phi(x) - x over held-out images, relative to the RMS difference of two different ones; 0 is the identity.
    pub augmentation_distance: f64,
}

impl Diagnostics {
    /// Every number that it has.
    pub fn values(&self) -> [f64; 3] {
        [self.training_loss, self.embedding_scale, self.augmentation_distance]
    }
}

/// The end of a trial that went well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The augmentation after tuning; empty where there is none.
    pub tuned: Hyperparameters,
    /// The losses that selection may read; none of a baseline, which has no augmentation to judge.
    pub validation: Option<Validation>,
    /// What the guards read; none of a baseline.
    pub diagnostics: Option<Diagnostics>,
    /// Anomaly score of each validation image, in the order of the task's split; higher is more anomalous.
    pub scores: Vec<f64>,
    /// Anomaly score of each test image, which tuning never saw; empty where the split has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test_scores: Vec<f64>,
    /// Wall-clock seconds of the trial, in earlier attempts too as far as this one resumed them.
    pub seconds: f64,
}

impl Outcome {
    /// Whether every number is finite; an outcome that is not is a numerical failure.
    pub fn is_finite(&self) -> bool {
        let validation = self.validation.iter().flat_map(Validation::values);
        let diagnostics = self.diagnostics.iter().flat_map(Diagnostics::values);
        let own = self.tuned.values().chain(&self.scores).chain(&self.test_scores);
        validation.chain(diagnostics).chain(own.copied()).all(f64::is_finite)
    }
}
