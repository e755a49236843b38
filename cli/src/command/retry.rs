//! `augur retry`: tries failed trials again.

use super::{Remote, print};
use crate::{client::sweep_name, failure::Failure, text};
use clap::Args;

/// Tries the failed trials of a sweep again, where no choice stands that left them out
#[derive(Args)]
pub struct Retry {
    /// The sweep's name or identifier
    sweep: String,
    #[command(flatten)]
    remote: Remote,
}

impl Retry {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let name = sweep_name(&self.sweep);
        let before = client.sweep(&name).await?.progress.unwrap_or_default().trials_failed;
        let sweep = client.retry(&name).await?;
        let stay = sweep.progress.clone().unwrap_or_default().trials_failed;
        let again = text::count(before.saturating_sub(stay), "failed trial");
        print(&format!(
            "sweep {} is {}: {again} will be tried again",
            sweep.display_name,
            text::sweep_state(sweep.state())
        ));
        if stay > 0 {
            print(&format!(
                "; {} will not, for a choice stands that left them out, or early stopping has ended others of their group",
                text::count(stay, "failed trial")
            ));
        }
        print("\n");
        Ok(())
    }
}
