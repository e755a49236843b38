//! The training part of a spec: detector, theta steps, steps on the augmentation, score, resources.

use serde::{Deserialize, Serialize};

/// The network f (image -> embedding) with its head g (embedding -> logit).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectorSpec {
    /// ResNet of basic blocks (He et al. 2016), names as in torchvision.
    Resnet(ResNetSpec),
    /// Two convolutions: for tests and first looks.
    Tiny(TinySpec),
}

impl Default for DetectorSpec {
    fn default() -> Self {
        Self::Resnet(ResNetSpec::default())
    }
}

/// A ResNet; the embedding has 8 * width entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResNetSpec {
    /// Channels of the first stage; each later stage doubles them. ResNet-18: 64.
    pub width: u32,
    /// Basic blocks in each of the four stages. ResNet-18: [2, 2, 2, 2].
    pub blocks: [u32; 4],
    /// The first layers.
    pub stem: Stem,
    /// Hidden units of the head.
    pub head: u32,
}

impl Default for ResNetSpec {
    fn default() -> Self {
        Self {
            width: 16,
            blocks: [1, 1, 1, 1],
            stem: Stem::Small,
            head: 64,
        }
    }
}

/// The first layers of a ResNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stem {
    /// 7x7 stride 2, then 3x3 max-pool.
    Imagenet,
    /// 3x3 stride 1, no pool: for small images.
    Small,
}

/// The two-convolution net; the embedding has 2 * width entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TinySpec {
    /// Channels of the first convolution.
    pub width: u32,
}

impl Default for TinySpec {
    fn default() -> Self {
        Self { width: 4 }
    }
}

/// The theta steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSpec {
    /// Passes over the training images.
    pub epochs: u32,
    /// Training images in a step (each stands beside its augmented copy).
    pub batch: u32,
    /// The optimiser of the detector.
    pub optimiser: Optimiser,
}

impl Default for TrainingSpec {
    fn default() -> Self {
        Self {
            epochs: 30,
            batch: 64,
            optimiser: Optimiser::Adam { lr: 1e-3 },
        }
    }
}

/// The steps on the augmentation's raw parameters `a`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuningSpec {
    /// Epochs before the first step on `a`.
    pub warmup_epochs: u32,
    /// alpha, the step size of the virtual step theta'(a).
    pub inner_lr: f64,
    /// The optimiser of `a`.
    pub optimiser: Optimiser,
    /// Validation images in a step; `null` for all of them.
    pub validation_batch: Option<u32>,
    /// Which derivative of the validation loss is followed.
    pub hypergradient: Hypergradient,
}

impl Default for TuningSpec {
    fn default() -> Self {
        Self {
            warmup_epochs: 3,
            inner_lr: 1e-2,
            optimiser: Optimiser::Adam { lr: 0.02 },
            validation_batch: Some(64),
            hypergradient: Hypergradient::Exact,
        }
    }
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

/// An optimiser, with PyTorch's update rule and defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimiser {
    /// Adam, betas (0.9, 0.999), eps 1e-8.
    Adam {
        /// Step size.
        lr: f64,
    },
    /// Stochastic gradient descent.
    Sgd {
        /// Step size.
        lr: f64,
        /// Momentum, 0 to below 1.
        #[serde(default)]
        momentum: f64,
    },
}

/// The anomaly score of a validation image (docs/method.md, "After training"); higher is more anomalous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// Squared Mahalanobis distance to the L2-normalised training embeddings under a Ledoit-Wolf covariance.
    #[default]
    Gde,
    /// The detector's logit.
    Logit,
}

/// What a trial may use. Part of its identity, since it changes the last bits of the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceSpec {
    /// CPU threads of a trial, at least 1.
    pub threads: u32,
    /// `auto` (a GPU where the worker has one), `cpu` or `cuda`.
    pub device: Device,
}

impl Default for ResourceSpec {
    fn default() -> Self {
        Self {
            threads: 1,
            device: Device::Auto,
        }
    }
}

/// Where a trial runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A GPU where the worker has one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU; a worker without one fails the attempt.
    Cuda,
}
