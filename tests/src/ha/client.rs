//! A client that knows both coordinators: it calls until it is answered, and watches sweeps over breaks.

use anyhow::{Result, anyhow};
use augur_channel::{Access, Connection};
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient, watch_sweep_response::Event};
use std::{future::Future, time::Duration};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tonic::{Code, Response, Status, transport::Endpoint};

type Api = SweepServiceClient<Connection>;

/// How long a call may take before it is made again.
const PATIENCE: Duration = Duration::from_secs(10);
/// The wait before.
const PAUSE: Duration = Duration::from_millis(200);

/// The client.
#[derive(Clone)]
pub struct Client(Api);

/// Every event of a trial, with its revision.
pub type History = Vec<(u64, v1::Trial)>;

impl Client {
    /// One for the coordinators at `addresses`.
    ///
    /// # Errors
    /// What is no address.
    pub fn new(addresses: &str) -> Result<Self> {
        let shape = |endpoint: Endpoint| {
            endpoint
                .connect_timeout(Duration::from_secs(2))
                .http2_keep_alive_interval(Duration::from_secs(2))
                .keep_alive_timeout(Duration::from_secs(2))
        };
        let connection = Access::plain(addresses)?.open(shape, Endpoint::connect_lazy)?;
        Ok(Self(Api::new(connection).max_decoding_message_size(256 << 20)))
    }

    /// Submits a spec; gives the sweep's name.
    ///
    /// # Errors
    /// A refusal.
    pub async fn submit(&self, spec_yaml: String, request_id: String) -> Result<String> {
        let request = v1::CreateSweepRequest {
            spec_yaml,
            request_id,
            ..Default::default()
        };
        let call = |mut api: Api, request| async move { api.create_sweep(request).await };
        Ok(self.insist(request, call).await?.name)
    }

    /// A sweep as it is now.
    ///
    /// # Errors
    /// A refusal.
    pub async fn sweep(&self, name: &str) -> Result<v1::Sweep> {
        let request = v1::GetSweepRequest { name: name.to_owned() };
        let call = |mut api: Api, request| async move { api.get_sweep(request).await };
        self.insist(request, call).await
    }

    /// Its leaderboard.
    ///
    /// # Errors
    /// A refusal.
    pub async fn leaderboard(&self, name: &str) -> Result<v1::Leaderboard> {
        let request = v1::GetLeaderboardRequest { name: name.to_owned() };
        let call = |mut api: Api, request| async move { api.get_leaderboard(request).await };
        self.insist(request, call).await
    }

    /// Its trials, page by page.
    ///
    /// # Errors
    /// A refusal.
    pub async fn trials(&self, name: &str) -> Result<Vec<v1::Trial>> {
        let mut trials = Vec::new();
        let mut request = v1::ListTrialsRequest {
            parent: name.to_owned(),
            page_size: 100,
            ..Default::default()
        };
        loop {
            let call = |mut api: Api, request| async move { api.list_trials(request).await };
            let page = self.insist(request.clone(), call).await?;
            trials.extend(page.trials);
            if page.next_page_token.is_empty() {
                return Ok(trials);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Follows a sweep to its end, from the last revision on where a connection breaks.
    pub fn watch(&self, name: &str) -> JoinHandle<History> {
        let (api, name) = (self.0.clone(), name.to_owned());
        tokio::spawn(async move {
            let mut seen = Vec::new();
            let mut resume_revision = 1;
            loop {
                let name = name.clone();
                let request = v1::WatchSweepRequest { name, resume_revision };
                let mut api = api.clone();
                let Ok(Ok(events)) = timeout(PATIENCE, api.watch_sweep(request)).await else {
                    sleep(PAUSE).await;
                    continue;
                };
                let mut events = events.into_inner();
                // There is a bookmark in every second.
                while let Ok(Ok(event)) = timeout(PATIENCE, events.message()).await {
                    let Some(event) = event else { return seen };
                    resume_revision = event.revision;
                    if let Some(Event::Trial(trial)) = event.event {
                        seen.push((resume_revision, trial));
                    }
                }
                sleep(PAUSE).await;
            }
        })
    }

    /// Calls until there is an answer.
    async fn insist<R: Clone, T, F>(&self, request: R, call: impl Fn(Api, R) -> F) -> Result<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        loop {
            match timeout(PATIENCE, call(self.0.clone(), request.clone())).await {
                Ok(Ok(answer)) => return Ok(answer.into_inner()),
                Ok(Err(status)) if !is_away(&status) => return Err(anyhow!(status)),
                Ok(Err(_)) | Err(_) => sleep(PAUSE).await,
            }
        }
    }
}

fn is_away(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown | Code::Internal
    )
}
