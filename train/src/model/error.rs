//! What can be wrong with a saved model or the images given to it.

use crate::{device::DeviceError, normalisation::MissingTensor, score::ScoreError};
use std::path::PathBuf;

/// A model that can't be saved, loaded or used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{} can't be {done}; check the folder and its permissions", path.display())]
    File {
        path: PathBuf,
        done: &'static str,
        source: std::io::Error,
    },
    #[error("{} is no card of a model: {reason}; give the folder that holds model.json", path.display())]
    Card { path: PathBuf, reason: String },
    #[error("{} is of format {found}, this build reads format {known}; update augur", path.display())]
    Format { path: PathBuf, found: u32, known: u32 },
    #[error("{} is damaged: its SHA-256 is not the one on its card; copy the model again", path.display())]
    Damaged { path: PathBuf },
    #[error("{} can't be read as tensors: {reason}; copy the model again", path.display())]
    Tensors { path: PathBuf, reason: String },
    #[error("the model's network lacks a tensor")]
    Params(#[from] crate::detector::ParamsError),
    #[error(transparent)]
    Normalisation(#[from] MissingTensor),
    #[error(transparent)]
    Score(#[from] ScoreError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(
        "the images are {found:?} (channels, height, width) where the model takes {wanted:?}: give images of that shape"
    )]
    Shape { wanted: [usize; 3], found: [usize; 3] },
    #[error("the network can't be exported to {}: {reason}; check its folder, or choose another file with --out", path.display())]
    Export { path: PathBuf, reason: String },
}
