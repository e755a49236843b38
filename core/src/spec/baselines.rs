//! Baselines and controls that stand beside the method: anomaly scores that no augmentation is tuned for
//! (docs/baselines.md).

use super::ImageNormalisation;
use serde::{Deserialize, Serialize};

/// A way to score images that is held against the method. None of them reads a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineSpec {
    /// Reconstruction error of a convolutional autoencoder.
    Autoencoder(AutoencoderSpec),
    /// Distance to the centre of a one-class network (Ruff et al. 2018).
    DeepSvdd(DeepSvddSpec),
    /// How far an image's mean value is from that of the training images.
    MeanIntensity(MeanIntensitySpec),
    /// Reconstruction error after projection on the principal components of the training images' pixels.
    PixelPca(PixelPcaSpec),
    /// The sweep's score on the embeddings of the sweep's detector with random weights.
    Untrained(UntrainedSpec),
    /// The sweep's score on the embeddings of the sweep's detector with weights from a file.
    Pretrained(PretrainedSpec),
}

impl BaselineSpec {
    /// The baseline's name, as in leaderboards and in the YAML.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Autoencoder(_) => "autoencoder",
            Self::DeepSvdd(_) => "deep_svdd",
            Self::MeanIntensity(_) => "mean_intensity",
            Self::PixelPca(_) => "pixel_pca",
            Self::Untrained(_) => "untrained",
            Self::Pretrained(_) => "pretrained",
        }
    }
}

/// A convolutional autoencoder, trained by mean squared error with Adam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutoencoderSpec {
    /// Entries of the bottleneck.
    pub latent: u32,
    /// Channels of the first convolution; the second and third have 2 and 4 times as many.
    pub width: u32,
    /// Passes over the training images.
    pub epochs: u32,
    /// Images in a step.
    pub batch: u32,
    /// Adam's step size.
    pub lr: f64,
}

impl Default for AutoencoderSpec {
    fn default() -> Self {
        Self {
            latent: 32,
            width: 16,
            epochs: 50,
            batch: 64,
            lr: 1e-3,
        }
    }
}

/// One-class Deep SVDD: the mean squared distance to a fixed centre, trained with Adam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeepSvddSpec {
    /// Entries of the embedding.
    pub latent: u32,
    /// Channels of the first convolution; the second and third have 2 and 4 times as many.
    pub width: u32,
    /// Passes over the training images as an autoencoder's encoder, before those as a one-class network; 0 for none.
    pub pretrain_epochs: u32,
    /// Passes over the training images as a one-class network.
    pub epochs: u32,
    /// Images in a step.
    pub batch: u32,
    /// Adam's step size.
    pub lr: f64,
    /// lambda: half of it times the squared norm of the weights is added to the loss. 0 or more.
    pub weight_decay: f64,
}

impl Default for DeepSvddSpec {
    fn default() -> Self {
        Self {
            latent: 32,
            width: 16,
            pretrain_epochs: 25,
            epochs: 25,
            batch: 64,
            lr: 1e-3,
            weight_decay: 1e-6,
        }
    }
}

/// The mean value of an image as a z-score over the training images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeanIntensitySpec {
    /// What counts as anomalous.
    pub direction: Direction,
}

/// The side of the training images' mean on which an image is anomalous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Either: the score is the absolute z-score.
    #[default]
    Both,
    /// Darker: the score is minus the z-score.
    Darker,
    /// Brighter: the score is the z-score.
    Brighter,
}

/// Principal components of the pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PixelPcaSpec {
    /// Components kept; fewer than training images and than values of an image.
    pub components: u32,
    /// Whether each image is brought to mean 0 and variance 1 first.
    pub contrast: bool,
    /// Whether the components are those of the training images and their mirror images, left to right, top to bottom, both.
    pub mirrored: bool,
}

impl Default for PixelPcaSpec {
    fn default() -> Self {
        Self {
            components: 64,
            contrast: false,
            mirrored: false,
        }
    }
}

/// Random weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UntrainedSpec {
    /// What is done to images first; that of the sweep's `training` if unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<ImageNormalisation>,
}

/// Weights from elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PretrainedSpec {
    /// A safetensors file with torchvision's names, relative to the folder that data roots are relative to.
    pub weights: String,
    /// What the network that was saved expects of images.
    #[serde(default = "imagenet")]
    pub normalisation: ImageNormalisation,
}

fn imagenet() -> ImageNormalisation {
    ImageNormalisation::Imagenet
}
