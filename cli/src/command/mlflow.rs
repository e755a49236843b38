//! `augur mlflow`: brings a sweep's trials into an MLflow server.

use super::{Remote, print};
use crate::{client::sweep_name, failure::Failure, mlflow, mlflow::Server, text};
use clap::Args;

/// Brings the trials of a sweep into an MLflow server, each as a run. Repeating it adds only what is new
#[derive(Args)]
pub struct Mlflow {
    /// The sweep's name or identifier
    sweep: String,
    /// The MLflow server's address
    #[arg(long, env = "MLFLOW_TRACKING_URI", value_name = "URL")]
    tracking_uri: String,
    /// The experiment, which is made if it isn't there [default: the sweep's name]
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

impl Mlflow {
    pub async fn run(self) -> Result<(), Failure> {
        let server = Server::new(&self.tracking_uri)?;
        let mut client = self.remote.connect().await?;
        let sweep = client.sweep(&sweep_name(&self.sweep)).await?;
        let experiment = self.experiment.as_deref().unwrap_or(&sweep.display_name);
        let counts = mlflow::export(&mut client, &sweep, &server, experiment).await?;
        print(&format!(
            "experiment {experiment}: {} made, {} brought up to date, {} there already\n",
            text::count(counts.made, "run"),
            counts.updated,
            counts.unchanged
        ));
        Ok(())
    }
}
