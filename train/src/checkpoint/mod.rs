//! Checkpoints: a trial on its way, written down so that another attempt goes on from there and ends with the same bits as one
//! that never stopped (docs/reproducibility.md).
//!
//! Every random draw is a function of the step, and what a step computes is a function of the tensors that the steps before
//! it changed. So those tensors, the step and what was measured so far are all that a trial carries. They are copied into the
//! tensors of a new trial, in place: these lie in memory as they always do, which libtorch chooses its kernels by.

mod error;
mod file;
mod folder;
mod keeper;

use std::path::Path;
use std::time::Duration;

pub use error::{CheckpointError, Flaw};
pub(crate) use file::Saved;
pub(crate) use keeper::{Keeper, Place};

/// How a trial is kept from being lost.
#[derive(Clone, Copy)]
pub struct Checkpoints<'a> {
    /// The folder for this trial's checkpoints and nothing else; made with the first one.
    pub folder: &'a Path,
    /// What the trial is computed from beyond its spec ([`crate::trial::fingerprint`]).
    pub fingerprint: &'a str,
    /// The least time between two checkpoints; none where one is taken only when the trial leaves.
    pub every: Option<Duration>,
    /// The time since any fixed moment.
    pub clock: &'a dyn Fn() -> Duration,
    /// Whether the trial is to leave: asked after every step.
    pub leave: &'a dyn Fn() -> bool,
    /// Gets what is worth a line in a log.
    pub note: &'a dyn Fn(Note),
}

/// What is worth telling of checkpoints. None of it changes what comes of the trial.
#[derive(Debug)]
pub enum Note {
    /// The trial goes on from a checkpoint.
    Resumed {
        /// Epochs finished.
        epoch: u32,
        /// Steps made.
        step: u64,
    },
    /// A checkpoint is passed over; the one before is taken, or the trial begins afresh.
    Skipped(CheckpointError),
    /// A checkpoint could not be written; the trial goes on without it.
    NotWritten(CheckpointError),
}

/// Where a trial was when it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Epochs finished.
    pub epoch: u32,
    /// Steps made.
    pub step: u64,
    /// There is a checkpoint of just this place.
    pub is_saved: bool,
}
