//! `augur cancel`: ends a sweep before its time.

use super::{Remote, print};
use crate::{client::sweep_name, failure::Failure, text};
use clap::Args;

/// Cancels what is waiting or running of a sweep
#[derive(Args)]
pub struct Cancel {
    /// The sweep's name or identifier
    sweep: String,
    #[command(flatten)]
    remote: Remote,
}

impl Cancel {
    pub async fn run(self) -> Result<(), Failure> {
        let sweep = self.remote.connect().await?.cancel(&sweep_name(&self.sweep)).await?;
        print(&format!(
            "sweep {} is {}\n",
            sweep.display_name,
            text::sweep_state(sweep.state())
        ));
        Ok(())
    }
}
