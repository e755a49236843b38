//! The training part of a spec: the theta steps, what is done to images on their way in, resources.

mod detector;
mod optimiser;
mod score;
mod tuning;

pub use detector::{DetectorSpec, Embedding, ResNetSpec, Stem, TinySpec};
pub use optimiser::{CosineSpec, Optimiser, Schedule, StepSpec};
pub use score::{KnnSpec, Score};
pub use tuning::{Hypergradient, TuningSpec, ValidationLoss};

use serde::{Deserialize, Serialize};

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
    /// How its step size goes over the epochs.
    pub schedule: Schedule,
    /// The largest norm that the gradient of all parameters together may have; `null` for no limit.
    pub clip_norm: Option<f64>,
    /// How images are normalised, after the augmentation.
    pub normalisation: ImageNormalisation,
    /// What happens to training images before the augmentation that is tuned.
    pub augmentation: TrainingAugmentation,
}

impl Default for TrainingSpec {
    fn default() -> Self {
        Self {
            epochs: 30,
            batch: 64,
            optimiser: Optimiser::adam(1e-3),
            schedule: Schedule::Constant,
            clip_norm: None,
            normalisation: ImageNormalisation::Channel,
            augmentation: TrainingAugmentation::default(),
        }
    }
}

/// How images in [0, 1] are normalised on their way into the detector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageNormalisation {
    /// By mean and standard deviation of each channel over the training images.
    #[default]
    Channel,
    /// By mean and standard deviation of each pixel over the training images, and over their mirror images where training
    /// mirrors them: takes a fixed layout out.
    Pixel,
    /// By ImageNet's mean and standard deviation of each channel, as pretrained weights want it.
    Imagenet,
    /// What all training images share is taken out: their contrast, their mean, their principal components.
    Layout(LayoutSpec),
    /// Not at all.
    None,
}

/// Options of the normalisation `layout`, which is fitted to the training images, and to their mirror images where
/// training mirrors them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutSpec {
    /// Leading principal components that are taken out; 0 for the mean image alone, at most half the number of images
    /// that they come from.
    pub components: u32,
    /// Whether each image is brought to mean 0 and variance 1 first.
    #[serde(default = "yes")]
    pub contrast: bool,
}

fn yes() -> bool {
    true
}

/// Standard augmentations, drawn anew for every training image at every step. Validation images stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingAugmentation {
    /// Mirror half of the images left to right.
    pub flip_horizontal: bool,
    /// Mirror half of the images top to bottom.
    pub flip_vertical: bool,
    /// Move images by up to this many pixels each way; edge pixels are repeated. 0 for no move.
    pub crop_padding_px: u32,
}

impl TrainingAugmentation {
    /// Whether images stay as they are.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
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
