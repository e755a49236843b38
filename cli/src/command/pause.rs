//! `augur pause`: leases nothing more of a sweep.

use super::{Remote, print};
use crate::{client::sweep_name, failure::Failure, text};
use clap::Args;

/// Pauses a sweep: no further trial of it begins
#[derive(Args)]
pub struct Pause {
    /// The sweep's name or identifier
    sweep: String,
    /// Also give back the trials that run; without it they go on to their end
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    remote: Remote,
}

impl Pause {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let sweep = client.pause(&sweep_name(&self.sweep), self.now).await?;
        let name = &sweep.display_name;
        let running = match (sweep.progress.unwrap_or_default().trials_running, self.now) {
            (0, _) => "nothing of it runs".to_owned(),
            (n, true) => format!("{} will be given back", text::count(n, "running trial")),
            (n, false) => format!("{} may end", text::count(n, "running trial")),
        };
        print(&format!(
            "sweep {name} is paused, {running}; `augur resume {name}` goes on\n"
        ));
        Ok(())
    }
}
