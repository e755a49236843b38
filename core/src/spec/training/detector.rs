//! The network f (image -> embedding) with its head g (embedding -> logit).

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

/// A ResNet; the embedding has 8 * width entries, or 14 * width from several stages.
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
    /// Which stages the embedding is made of.
    pub embedding: Embedding,
    /// A safetensors file with torchvision's names, relative to the folder that data roots are relative to; without
    /// it weights are drawn. The head is drawn in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// Parts that keep their weights, 0 to 5: the stem, then the four stages.
    pub frozen_stages: u32,
}

impl Default for ResNetSpec {
    fn default() -> Self {
        Self {
            width: 16,
            blocks: [1, 1, 1, 1],
            stem: Stem::Small,
            head: 64,
            embedding: Embedding::Last,
            weights: None,
            frozen_stages: 0,
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

/// What the embedding of a ResNet is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Embedding {
    /// The global average pool of the last stage.
    #[default]
    Last,
    /// The global average pools of the second, third and fourth stage, one after another.
    Stages,
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
