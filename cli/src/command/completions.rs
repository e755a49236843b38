//! `augur completions`: what a shell needs to complete augur's commands and options.

use super::print;
use crate::{Cli, failure::Failure};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Prints the completions of a shell, to be sourced or put where it looks for them
#[derive(Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "augur", &mut script);
        print(&String::from_utf8_lossy(&script));
        Ok(())
    }
}
