//! Why a trial can't be run or did not end well.

use crate::augment::AugmentError;
use crate::detector::WeightsError;
use crate::device::DeviceError;
use crate::normalisation::TooManyComponents;
use crate::score::ScoreError;

/// A trial that failed.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    #[error("the {group} group has {found} images, at least {needed} are needed; change `split` in the spec")]
    TooFewImages {
        group: &'static str,
        found: usize,
        needed: usize,
    },
    #[error("the {group} group's images do not fit: {reason}")]
    Images { group: &'static str, reason: String },
    #[error(
        "{what} became NaN or infinite in epoch {epoch}; lower the learning rates in `training` and `tuning`, or a \
         baseline's own"
    )]
    NotFinite { what: String, epoch: u32 },
    #[error("the trial's family can't be used with these images and this starting point")]
    Start(#[from] AugmentError),
    #[error("the trial's device can't be used")]
    Device(#[from] DeviceError),
    #[error("the validation images could not be scored")]
    Score(#[from] ScoreError),
    #[error("the trial's normalisation does not fit its images")]
    Normalisation(#[from] TooManyComponents),
    #[error(transparent)]
    Weights(#[from] WeightsError),
}
