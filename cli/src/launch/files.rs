//! What lies where in the folder of a launch.

use std::path::{Path, PathBuf};

/// The folder of a launch: that of a run, with what its parts find each other by.
#[derive(Clone, Debug)]
pub struct LaunchFolder {
    /// The folder, absolute: jobs start elsewhere.
    pub path: PathBuf,
}

impl LaunchFolder {
    /// The folder at `path`, which need not be there yet.
    pub fn at(path: &Path) -> Self {
        Self {
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        }
    }

    /// The config of the sweep, as it was given.
    pub fn config(&self) -> PathBuf {
        self.path.join("config.yaml")
    }

    /// Who was given to the scheduler.
    pub fn state(&self) -> PathBuf {
        self.path.join("launch.json")
    }

    /// The coordinator's URL, one line. Replaced whole by each coordinator that starts; gone once the sweep is over.
    pub fn address(&self) -> PathBuf {
        self.path.join("coordinator.url")
    }

    /// Scripts as they were submitted.
    pub fn scripts(&self) -> PathBuf {
        self.path.join("launch")
    }

    /// What everybody says.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }
}
