//! Why a checkpoint can't be written or taken up.

use std::io;
use std::path::PathBuf;

/// A checkpoint that is of no use. It never fails a trial.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("the checkpoint {} can't be {done}: {source}; check the folder and the room on its disk", path.display())]
    File {
        path: PathBuf,
        done: &'static str,
        source: io::Error,
    },
    #[error("the checkpoint {} is passed over: it {flaw}", path.display())]
    Unusable { path: PathBuf, flaw: Flaw },
}

/// What is wrong with a checkpoint that could be read.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    #[error("is cut off or no checkpoint ({0})")]
    Malformed(String),
    #[error("is damaged: its SHA-256 is not the one in its header")]
    Damaged,
    #[error("is of format {found}, this build reads format {known}")]
    Format { found: u64, known: u32 },
    #[error("belongs to the trial {0}")]
    OtherTrial(String),
    #[error("was computed from other images, weights or code, or on another kind of machine")]
    OtherInputs,
    #[error("was judged at other rungs of early stopping")]
    OtherRungs,
    #[error("does not fit the trial: {0}")]
    Unfit(String),
}
