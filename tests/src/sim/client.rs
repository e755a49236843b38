//! The user's host: submits the sweep, watches it, does what is planned with it, and fetches its result.

use super::{network, plan::Verb, trace::Trace, worker};
use anyhow::{Result, anyhow, bail, ensure};
use augur_proto::v1::{self, SweepState, sweep_service_client::SweepServiceClient, watch_sweep_response::Event};
use std::{future::Future, time::Duration};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use tonic::{
    Code, Response, Status,
    transport::{Channel, Endpoint},
};

type Api = SweepServiceClient<Channel>;

/// How long a call may take before it is made again.
const PATIENCE: Duration = Duration::from_secs(4);
/// The wait before.
const PAUSE: Duration = Duration::from_millis(300);
/// How often the sweep is looked at.
const GLANCE: Duration = Duration::from_millis(500);

/// What became of the sweep.
#[derive(Clone, Debug)]
pub struct Ended {
    pub leaderboard: v1::Leaderboard,
    pub trials: Vec<v1::Trial>,
    /// Every event of a trial, with its revision, as a watch after the end gives them.
    pub history: Vec<(u64, v1::Trial)>,
    /// The same as they were seen on the way, over connections that broke.
    pub seen: Vec<(u64, v1::Trial)>,
}

/// The user.
pub struct Client {
    api: Api,
    seed: u64,
    requests: u32,
    workers: Vec<worker::Host>,
}

impl Client {
    pub fn new(trace: &Trace, seed: u64, workers: Vec<worker::Host>) -> Self {
        let endpoint = Endpoint::from_static(network::URL)
            .connect_timeout(Duration::from_secs(2))
            .http2_keep_alive_interval(Duration::from_secs(2))
            .keep_alive_timeout(Duration::from_secs(2));
        Self {
            api: network::api(&endpoint, "client", trace),
            seed,
            requests: 0,
            workers,
        }
    }

    /// Everything, from the submission to the result.
    pub async fn live(mut self, spec_yaml: String, verbs: Vec<(Duration, Verb)>) -> Result<Ended> {
        let request = v1::CreateSweepRequest {
            spec_yaml,
            request_id: self.request_id(),
            ..Default::default()
        };
        let call = |mut api: Api, request| async move { api.create_sweep(request).await };
        let sweep = self.insist(request, call).await?;
        let watching = self.watch(&sweep.name);
        for (pause, verb) in verbs {
            sleep(pause).await;
            self.say(&sweep.name, verb).await?;
        }
        let sweep = self.end(&sweep.name).await?;
        let history = self.watch(&sweep.name).await??;
        Ok(Ended {
            leaderboard: self.leaderboard(&sweep.name).await?,
            trials: self.trials(&sweep.name).await?,
            history,
            seen: watching.await??,
        })
    }

    async fn say(&mut self, sweep: &str, verb: Verb) -> Result<()> {
        let (name, request_id) = (sweep.to_owned(), self.request_id());
        match verb {
            Verb::Pause { now } => {
                let request = v1::PauseSweepRequest { name, request_id, now };
                let call = |mut api: Api, request| async move { api.pause_sweep(request).await };
                self.insist_if_it_fits(request, call).await?;
                // Acknowledged, so it stays so, until this client resumes it.
                let now = self.sweep(sweep).await?;
                ensure!(
                    now.state() != SweepState::Running,
                    "a pause that was acknowledged is lost"
                );
            }
            Verb::Resume => {
                let request = v1::ResumeSweepRequest { name, request_id };
                let call = |mut api: Api, request| async move { api.resume_sweep(request).await };
                self.insist_if_it_fits(request, call).await?;
                let now = self.sweep(sweep).await?;
                ensure!(
                    now.state() != SweepState::Paused,
                    "a resumption that was acknowledged is lost"
                );
            }
            Verb::Drain { worker, now } => {
                let Some(id) = self.workers[worker].id() else {
                    return Ok(());
                };
                let name = format!("workers/{id}");
                let request = v1::DrainWorkerRequest { name, now };
                let call = |mut api: Api, request| async move { api.drain_worker(request).await };
                self.insist_if_it_fits(request, call).await?;
            }
        }
        Ok(())
    }

    async fn end(&self, name: &str) -> Result<v1::Sweep> {
        loop {
            let sweep = self.sweep(name).await?;
            match sweep.state() {
                SweepState::Running => sleep(GLANCE).await,
                SweepState::Succeeded | SweepState::Failed => return Ok(sweep),
                other => bail!("the sweep is {other:?} though nobody wanted that"),
            }
        }
    }

    async fn sweep(&self, name: &str) -> Result<v1::Sweep> {
        let request = v1::GetSweepRequest { name: name.to_owned() };
        let call = |mut api: Api, request| async move { api.get_sweep(request).await };
        self.insist(request, call).await
    }

    async fn leaderboard(&self, name: &str) -> Result<v1::Leaderboard> {
        let request = v1::GetLeaderboardRequest { name: name.to_owned() };
        let call = |mut api: Api, request| async move { api.get_leaderboard(request).await };
        self.insist(request, call).await
    }

    async fn trials(&self, name: &str) -> Result<Vec<v1::Trial>> {
        let request = v1::ListTrialsRequest {
            parent: name.to_owned(),
            page_size: 1000,
            ..Default::default()
        };
        let call = |mut api: Api, request| async move { api.list_trials(request).await };
        Ok(self.insist(request, call).await?.trials)
    }

    /// Follows a sweep to its end, from the last revision on where a connection breaks.
    fn watch(&self, name: &str) -> JoinHandle<Result<Vec<(u64, v1::Trial)>>> {
        let (api, name) = (self.api.clone(), name.to_owned());
        tokio::spawn(async move {
            let mut seen = Vec::new();
            // The first revision of a store is the sweep itself.
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
                    let Some(event) = event else {
                        return Ok(seen);
                    };
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
            match timeout(PATIENCE, call(self.api.clone(), request.clone())).await {
                Ok(Ok(answer)) => return Ok(answer.into_inner()),
                Ok(Err(status)) if !is_away(&status) => return Err(anyhow!(status)),
                Ok(Err(_)) | Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// The same with what may come too late, such as a pause of a sweep that is over.
    async fn insist_if_it_fits<R: Clone, T, F>(&self, request: R, call: impl Fn(Api, R) -> F) -> Result<()>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        match self.insist(request, call).await {
            Ok(_) => Ok(()),
            Err(error) => match error.downcast_ref::<Status>().map(Status::code) {
                Some(Code::FailedPrecondition | Code::NotFound) => Ok(()),
                _ => Err(error),
            },
        }
    }

    fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("seed {}, request {}", self.seed, self.requests)
    }
}

fn is_away(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown | Code::Internal
    )
}
