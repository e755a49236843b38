//! `augur resume`: goes on with a paused sweep.

use super::{Remote, print};
use crate::{client::sweep_name, failure::Failure, text};
use clap::Args;

/// Goes on with a paused sweep, whoever or whatever paused it
#[derive(Args)]
pub struct Resume {
    /// The sweep's name or identifier
    sweep: String,
    #[command(flatten)]
    remote: Remote,
}

impl Resume {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let sweep = client.resume(&sweep_name(&self.sweep)).await?;
        let pending = sweep.progress.unwrap_or_default().trials_pending;
        print(&format!(
            "sweep {} goes on, {} waiting\n",
            sweep.display_name,
            text::count(pending, "trial")
        ));
        Ok(())
    }
}
