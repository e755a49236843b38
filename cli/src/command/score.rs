//! `augur score` and `augur export`: what a saved detector is for. The worker's program does it, since it has libtorch.

use crate::{
    failure::{Exit, Failure, os_text},
    programs,
};
use clap::Args;
use std::{ffi::OsString, os::unix::process::CommandExt, process::Command};

/// Scores images with a saved detector: MODEL IMAGES... [--format csv|json] [--false-alarm-rate RATE]
/// [--normal train|held-out]
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Score {
    /// The detector's folder, then images or folders of images; --help for the options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<OsString>,
}

/// Writes a saved detector as a TorchScript module: MODEL --out FILE
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Export {
    /// The detector's folder, and the file to write; --help for the options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<OsString>,
}

impl Score {
    pub fn run(self) -> Result<(), Failure> {
        hand_over("score", self.arguments)
    }
}

impl Export {
    pub fn run(self) -> Result<(), Failure> {
        hand_over("export", self.arguments)
    }
}

/// Becomes the worker's command of this name; returns only if that fails.
fn hand_over(command: &str, arguments: Vec<OsString>) -> Result<(), Failure> {
    let fault = Command::new(programs::require(programs::WORKER)?)
        .arg(command)
        .args(arguments)
        .exec();
    let text = format!("{} can't be started: {}", programs::WORKER, os_text(&fault));
    Err(Failure::new(Exit::CannotStart, text))
}
