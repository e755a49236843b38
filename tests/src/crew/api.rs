//! The API as the harness uses it: every call finds the coordinator wherever it listens now.

use anyhow::{Context, Result};
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient, watch_sweep_response::Event};
use std::{net::SocketAddr, time::Duration};
use tokio::{sync::watch, time::timeout};
use tonic::transport::{Channel, Endpoint};

/// How long a call may take, longer than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(20);
/// A page of a list, larger than any sweep of a test.
const PAGE: i32 = 1000;

/// A handle on a coordinator's API.
#[derive(Clone)]
pub struct Api {
    address: watch::Receiver<SocketAddr>,
}

impl Api {
    /// The API of the coordinator that listens where `address` says.
    pub fn new(address: watch::Receiver<SocketAddr>) -> Self {
        Self { address }
    }

    /// Its URL of now.
    pub fn url(&self) -> String {
        format!("http://{}", *self.address.borrow())
    }

    async fn client(&self) -> Result<SweepServiceClient<Channel>> {
        let endpoint = Endpoint::from_shared(self.url())?.timeout(PATIENCE);
        Ok(SweepServiceClient::new(endpoint.connect().await?).max_decoding_message_size(256 << 20))
    }

    /// Submits a spec; gives the sweep's name.
    ///
    /// # Errors
    /// A coordinator that is away or refuses.
    pub async fn submit(&self, spec_yaml: &str) -> Result<String> {
        let request = v1::CreateSweepRequest {
            spec_yaml: spec_yaml.to_owned(),
            ..Default::default()
        };
        Ok(self.client().await?.create_sweep(request).await?.into_inner().name)
    }

    /// A sweep as it is now.
    ///
    /// # Errors
    /// A coordinator that is away.
    pub async fn sweep(&self, name: &str) -> Result<v1::Sweep> {
        let request = v1::GetSweepRequest { name: name.to_owned() };
        Ok(self.client().await?.get_sweep(request).await?.into_inner())
    }

    /// The trials of a sweep of up to 1000.
    ///
    /// # Errors
    /// A coordinator that is away.
    pub async fn trials(&self, sweep: &str) -> Result<Vec<v1::Trial>> {
        let request = v1::ListTrialsRequest {
            parent: sweep.to_owned(),
            page_size: PAGE,
            ..Default::default()
        };
        Ok(self.client().await?.list_trials(request).await?.into_inner().trials)
    }

    /// Epochs of a trial's newest attempt that the coordinator knows of.
    ///
    /// # Errors
    /// A coordinator that is away.
    pub async fn epochs(&self, trial: &str) -> Result<usize> {
        let request = v1::ListMeasurementsRequest {
            parent: trial.to_owned(),
            group: None,
        };
        let answer = self.client().await?.list_measurements(request).await?.into_inner();
        Ok(answer.trials.iter().map(|trial| trial.measurements.len()).sum())
    }

    /// Every state that the trials of a finished sweep went through, in order. The store must hold no other sweep.
    ///
    /// # Errors
    /// A coordinator that is away, or a sweep that isn't over.
    pub async fn history(&self, name: &str) -> Result<Vec<v1::Trial>> {
        // The first revision of a store is the sweep itself; its trials' first state is no event.
        let request = v1::WatchSweepRequest {
            name: name.to_owned(),
            resume_revision: 1,
        };
        let mut client = SweepServiceClient::connect(self.url()).await?;
        let mut events = client.watch_sweep(request).await?.into_inner();
        let mut trials = Vec::new();
        loop {
            let next = timeout(PATIENCE, events.message()).await;
            let Some(next) = next.context("the sweep's history does not end")?? else {
                return Ok(trials);
            };
            if let Some(Event::Trial(trial)) = next.event {
                trials.push(trial);
            }
        }
    }
}
