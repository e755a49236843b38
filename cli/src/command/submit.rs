//! `augur submit`: gives a sweep to a coordinator and returns at once.

use super::{Remote, print};
use crate::{config::Config, failure::Failure, text};
use clap::Args;
use std::path::PathBuf;

/// Submits a sweep to a coordinator and returns at once
#[derive(Args)]
pub struct Submit {
    /// The sweep's config, a YAML file
    config: PathBuf,
    /// Only says what would be
    #[arg(long)]
    validate_only: bool,
    /// Compute every trial, also those that the coordinator has from an earlier sweep
    #[arg(long)]
    no_reuse: bool,
    #[command(flatten)]
    remote: Remote,
}

impl Submit {
    pub async fn run(self) -> Result<(), Failure> {
        let config = Config::read(&self.config)?;
        let mut client = self.remote.connect().await?;
        let sweep = client
            .create_sweep(&config.text, self.validate_only, self.no_reuse)
            .await?;
        let trials = text::count(sweep.progress.unwrap_or_default().trials_total, "trial");
        let name = &sweep.display_name;
        print(&match self.validate_only {
            true => format!("sweep {name} would be accepted: {trials}\n"),
            false => format!(
                "{}\nsweep {name}, {trials}; `augur watch {name}` follows it\n",
                sweep.name
            ),
        });
        Ok(())
    }
}
