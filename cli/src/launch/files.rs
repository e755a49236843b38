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

    /// Held by the launch that submits.
    pub fn lock(&self) -> PathBuf {
        self.path.join("launch.lock")
    }

    /// The coordinator's URL, one line. Replaced whole by each coordinator that starts; gone once the sweep is over.
    pub fn address(&self) -> PathBuf {
        self.path.join("coordinator.url")
    }

    /// Where the coordinator is now, or was last, if the sweep isn't over.
    pub fn url(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.address()).ok()?;
        Some(text.trim().to_owned()).filter(|url| !url.is_empty())
    }

    /// Scripts as they were submitted, and how it ended.
    pub fn scripts(&self) -> PathBuf {
        self.path.join("launch")
    }

    /// There once the sweep is over: workers leave.
    pub fn over(&self) -> PathBuf {
        self.scripts().join("over")
    }

    /// Why the coordinator's job can't go on: workers leave. Gone with the next launch.
    pub fn failed(&self) -> PathBuf {
        self.scripts().join("failed")
    }

    /// What everybody says.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }
}
