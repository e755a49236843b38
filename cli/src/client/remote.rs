//! Which coordinator to ask, as the command line says it.

use super::Client;
use crate::failure::{Exit, Failure};
use augur_channel::{Access, Addresses, Credentials};
use clap::Args;

/// The flags of every command that asks a coordinator.
#[derive(Args)]
pub struct Remote {
    /// The coordinator's address; several that share a store are separated by commas. Not needed for folders of results
    #[arg(long, env = "AUGUR_COORDINATOR", value_name = "URL")]
    coordinator: Option<Addresses>,
    #[command(flatten)]
    credentials: Credentials,
}

impl Remote {
    /// Connects.
    ///
    /// # Errors
    /// No address, no answer, another API.
    pub async fn connect(&self) -> Result<Client, Failure> {
        Client::connect(&self.required()?).await
    }

    /// Where coordinators are.
    ///
    /// # Errors
    /// No address.
    pub fn required(&self) -> Result<Access, Failure> {
        self.access().ok_or_else(|| {
            let text = "no coordinator is named; write --coordinator URL, or set AUGUR_COORDINATOR (`augur-coordinator` \
                        starts one)";
            Failure::new(Exit::CommandLine, text)
        })
    }

    /// The same for what may be a folder too: without an address, `given` is taken for a folder that isn't there.
    ///
    /// # Errors
    /// As of [`Self::connect`].
    pub async fn connect_for(&self, given: &str) -> Result<Client, Failure> {
        let access = self.access().ok_or_else(|| {
            let text =
                format!("{given} is no folder of results; name one, or say with --coordinator who knows the sweep");
            Failure::new(Exit::CommandLine, text)
        })?;
        Client::connect(&access).await
    }

    /// Where coordinators are, if that was said.
    pub fn access(&self) -> Option<Access> {
        self.coordinator.clone().map(|addresses| Access {
            addresses,
            credentials: self.credentials.clone(),
        })
    }
}
