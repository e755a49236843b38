//! A config file: its text and the spec that it gives.

use crate::failure::{Exit, Failure, os_text};
use augur_core::spec::{self, SweepSpec};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// A config that was read and found good.
pub struct Config {
    /// Where it stands.
    pub path: PathBuf,
    /// The file as it is.
    pub text: String,
    /// What it says.
    pub spec: SweepSpec,
}

impl Config {
    /// Reads a config and checks all that needs no data.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let what = match error.kind() {
                ErrorKind::InvalidData => "it is no text in UTF-8".into(),
                _ => os_text(&error),
            };
            let message = format!("can't read the config {}: {what}; check the path", path.display());
            Failure::new(Exit::BadConfig, message)
        })?;
        let spec = spec::parse(&text).map_err(|error| Failure::bad_config(path, &text, &error))?;
        Ok(Self {
            path: path.to_owned(),
            text,
            spec,
        })
    }
}
