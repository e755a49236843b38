//! `augur man`: the manual pages, one for each command.

use crate::{
    Cli,
    failure::{Exit, Failure},
};
use clap::{Args, CommandFactory};
use std::{fs, path::PathBuf};

/// Writes the manual pages, augur.1 and one for each command
#[derive(Args)]
pub struct Man {
    /// The folder for them, such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Man {
    pub fn run(self) -> Result<(), Failure> {
        fs::create_dir_all(&self.out)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), &self.out))
            .map_err(|error| Failure::cannot_write(&self.out, &error))?;
        let page = self.out.join("augur.1");
        if !page.exists() {
            let text = format!("{} was not written", page.display());
            return Err(Failure::new(Exit::Unexpected, text));
        }
        super::print(&format!("manual: man {}\n", page.display()));
        Ok(())
    }
}
