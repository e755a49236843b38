//! The steps on the augmentation's raw parameters `a`.

use super::Optimiser;
use serde::{Deserialize, Serialize};

/// The steps on the augmentation's raw parameters `a`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuningSpec {
    /// Epochs before the first step on `a`.
    pub warmup_epochs: u32,
    /// Steps of theta from one step on `a` to the next, at least 1.
    pub every: u32,
    /// alpha, the step size of the virtual step theta'(a).
    pub inner_lr: f64,
    /// The optimiser of `a`.
    pub optimiser: Optimiser,
    /// The largest norm that the hypergradient may have; `null` for no limit.
    pub clip_norm: Option<f64>,
    /// Validation images in a step; `null` for all of them.
    pub validation_batch: Option<u32>,
    /// The unsupervised loss that tunes.
    pub loss: ValidationLoss,
    /// Which derivative of the validation loss is followed.
    pub hypergradient: Hypergradient,
}

impl Default for TuningSpec {
    fn default() -> Self {
        Self {
            warmup_epochs: 3,
            every: 1,
            inner_lr: 1e-2,
            optimiser: Optimiser::adam(0.02),
            clip_norm: None,
            validation_batch: Some(64),
            loss: ValidationLoss::MeanDistance,
            hypergradient: Hypergradient::Exact,
        }
    }
}

/// The unsupervised validation loss whose hypergradient tunes the augmentation, after total distance normalisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationLoss {
    /// L_val of the paper: the mean distance of the validation embeddings to the means of the other two groups.
    #[default]
    MeanDistance,
    /// Maximum mean discrepancy between normal with augmented and validation images: the paper's ablation.
    Mmd,
    /// The Sinkhorn distance between the same two sets.
    Sinkhorn,
    /// E(p*) - E(0): what selects between trials by default.
    MixtureEnergy,
}

/// The derivative that tunes the augmentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hypergradient {
    /// Both paths: the method.
    Exact,
    /// The direct path alone: the paper's first-order ablation.
    FirstOrder,
    /// No steps on the augmentation: it stays at its start.
    None,
}
