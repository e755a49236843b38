//! The card of a saved detector: `model.json`, beside its tensors in `model.safetensors`.

use crate::{
    outcome::{Hyperparameters, Validation},
    plan::TrialSpec,
};
use serde::{Deserialize, Serialize};

/// The version of the format that this build reads and writes.
pub const MODEL_FORMAT: u32 = 1;
/// Name of the card in a model's folder.
pub const CARD_FILE: &str = "model.json";
/// Name of the tensors in a model's folder.
pub const TENSORS_FILE: &str = "model.safetensors";
/// Name of the embeddings and scores of a trial, beside its model.
pub const EMBEDDINGS_FILE: &str = "embeddings.safetensors";

/// Everything about a saved detector that isn't a tensor: enough to load it, to feed it and to know where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// [`MODEL_FORMAT`].
    pub format: u32,
    /// The trial's identifier.
    pub trial: String,
    /// The trial: data, task, family, seed, detector, score.
    pub spec: TrialSpec,
    /// The augmentation after tuning.
    pub tuned: Hyperparameters,
    /// The unsupervised losses by which it was chosen.
    pub validation: Validation,
    /// What the detector takes.
    pub images: ImageShape,
    /// Version of augur that made it.
    pub augur: String,
    /// Version of libtorch that made it.
    pub libtorch: String,
    /// SHA-256 (hexadecimal) of the tensors' file.
    pub tensors_sha256: String,
}

/// The images that a detector takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// 1 for grey, 3 for red, green and blue.
    pub channels: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Pixels from left to right.
    pub width: u32,
}
