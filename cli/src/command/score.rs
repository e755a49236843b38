//! `augur score` and `augur export`: what a saved detector is for. The worker's program does it, since it has libtorch.

use crate::{failure::Failure, programs};
use clap::Args;
use std::ffi::OsString;

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
        programs::hand_over(programs::WORKER, "score", self.arguments)
    }
}

impl Export {
    pub fn run(self) -> Result<(), Failure> {
        programs::hand_over(programs::WORKER, "export", self.arguments)
    }
}
