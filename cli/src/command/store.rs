//! `augur store`: checks a store, and moves sweeps between stores. The coordinator's program does it, since it knows stores.

use crate::{failure::Failure, programs};
use clap::Args;
use std::ffi::OsString;

/// Checks or copies a store, or moves a sweep to another one: check | backup FILE | export SWEEP FILE | import FILE [--store STORE]
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Store {
    /// check, backup, export or import; --help for the options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<OsString>,
}

impl Store {
    pub fn run(self) -> Result<(), Failure> {
        programs::hand_over(programs::COORDINATOR, "store", self.arguments)
    }
}
