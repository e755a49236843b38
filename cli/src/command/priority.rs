//! `augur priority`: says which sweep comes first.

use super::{Remote, print, values};
use crate::{client::sweep_name, failure::Failure};
use clap::Args;

/// Gives a sweep a priority: higher comes first, then the oldest; 0 unless given
#[derive(Args)]
pub struct Priority {
    /// The sweep's name or identifier
    sweep: String,
    /// A whole number, such as 10 or -1
    #[arg(allow_negative_numbers = true, value_parser = values::signed)]
    priority: i32,
    #[command(flatten)]
    remote: Remote,
}

impl Priority {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let sweep = client.set_priority(&sweep_name(&self.sweep), self.priority).await?;
        print(&format!(
            "sweep {} has priority {}\n",
            sweep.display_name, sweep.priority
        ));
        Ok(())
    }
}
