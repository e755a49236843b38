//! Optimisers and schedules of their step size.

use serde::{Deserialize, Serialize};

/// An optimiser, with PyTorch's update rule and defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimiser {
    /// Adam, betas (0.9, 0.999), eps 1e-8.
    Adam {
        /// Step size.
        lr: f64,
        /// This times the parameter is added to its gradient (an L2 penalty).
        #[serde(default)]
        weight_decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    Adamw {
        /// Step size.
        lr: f64,
        /// The parameter shrinks by lr times this at every step, beside Adam's step.
        #[serde(default = "adamw_weight_decay")]
        weight_decay: f64,
    },
    /// Stochastic gradient descent.
    Sgd {
        /// Step size.
        lr: f64,
        /// Momentum, 0 to below 1.
        #[serde(default)]
        momentum: f64,
        /// This times the parameter is added to its gradient (an L2 penalty).
        #[serde(default)]
        weight_decay: f64,
        /// Look ahead along the momentum, which must be above 0.
        #[serde(default)]
        nesterov: bool,
    },
}

fn adamw_weight_decay() -> f64 {
    0.01
}

impl Optimiser {
    /// Adam without weight decay.
    pub fn adam(lr: f64) -> Self {
        Self::Adam { lr, weight_decay: 0.0 }
    }

    /// SGD with momentum and nothing else.
    pub fn sgd(lr: f64, momentum: f64) -> Self {
        Self::Sgd {
            lr,
            momentum,
            weight_decay: 0.0,
            nesterov: false,
        }
    }
}

/// How the step size goes over the epochs, as a factor on the optimiser's `lr`; it changes at every step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It stays.
    #[default]
    Constant,
    /// Up in a straight line, then down along half a cosine (Loshchilov and Hutter 2017, without restarts).
    Cosine(CosineSpec),
    /// Down by a factor every few epochs.
    Step(StepSpec),
}

/// A warm-up and a cosine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CosineSpec {
    /// Epochs on the way up; fewer than `training.epochs`.
    pub warmup_epochs: u32,
    /// The factor at the end, 0 to 1.
    pub floor: f64,
}

/// Steps down.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// Epochs between two steps down.
    pub every_epochs: u32,
    /// What the step size is multiplied by each time, above 0 and at most 1.
    pub factor: f64,
}
