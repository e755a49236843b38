//! Why there is no preview: one sentence each, and an exit code.

use augur_core::spec::SpecError;
use augur_data::DataError;
use augur_link::os_text;
use augur_train::augment::AugmentError;
use std::{io, path::PathBuf};
use thiserror::Error;

/// What ends a preview.
#[derive(Debug, Error)]
pub enum PreviewError {
    /// The config isn't there.
    #[error("can't read the config {}: {}; check the path", path.display(), os_text(fault))]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        fault: io::Error,
    },
    /// The config is wrong.
    #[error("the config {} can't be used: {fault}", path.display())]
    Config {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        fault: SpecError,
    },
    /// `--task` names none.
    #[error("the config has no task `{name}`; it has {}", known.join(", "))]
    UnknownTask {
        /// What was given.
        name: String,
        /// The config's tasks.
        known: Vec<String>,
    },
    /// The images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A family that can't be applied to them.
    #[error(transparent)]
    Family(#[from] AugmentError),
    /// The folder or a file in it.
    #[error("can't write {}: {}; choose another folder with --out, or mend its permissions", path.display(), os_text(fault))]
    Unwritable {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        fault: io::Error,
    },
}

impl PreviewError {
    /// The exit code of the process: those of `augur`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownTask { .. } => 2,
            Self::Unreadable { .. } | Self::Config { .. } | Self::Family(_) => 3,
            Self::Data(DataError::Unwritable { .. }) | Self::Unwritable { .. } => 5,
            Self::Data(_) => 4,
        }
    }
}
