//! `SweepService`: submit, watch, list, read the leaderboard.

use super::{leaderboard::leaderboard, names, present, watch};
use crate::{
    engine::{
        CoordinatorHandle,
        commands::{
            RequestKey,
            create_sweep::{CreateSweep, existing},
        },
    },
    error::{Error, Result},
    safety::Role,
    safety::{note_resource, noted},
    store::{sweeps::SweepRow, transitions},
};
use augur_core::{
    cost,
    id::TrialId,
    plan::Plan,
    spec::{self, SweepSpec, sha256_of},
};
use augur_proto::{
    API_VERSION,
    v1::{self, sweep_service_server::SweepService},
};
use std::pin::Pin;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

/// Trials that are hashed in no time, a millisecond or two.
const FEW: u32 = 100;

/// The longest `request_id`.
const LONGEST_ID: usize = 128;

/// The service for people and their tools.
pub(crate) struct Sweeps(pub CoordinatorHandle);

impl Sweeps {
    async fn create(&self, request: v1::CreateSweepRequest) -> Result<v1::Sweep> {
        let spec = parse(&request.spec_yaml).await?.map_err(Error::Spec)?;
        let key = request_key(request.request_id, &("create", spec.sha256()))?;
        let plan = Plan::new(spec);
        if request.validate_only {
            return self.validate(&plan, request.spec_yaml).await;
        }
        let create = CreateSweep {
            trials: trials(&plan).await?,
            plan,
            yaml: request.spec_yaml,
            reuse: !request.no_reuse,
            extends: None,
            request: key,
        };
        self.show(self.0.submit(create).await?).await
    }

    /// Says what a spec would become.
    async fn validate(&self, plan: &Plan, yaml: String) -> Result<v1::Sweep> {
        let mut view = self.0.view().await?;
        match existing(view.conn(), plan).await? {
            Some(row) => present::whole_sweep(&self.0, view.conn(), &row).await,
            None => Ok(present::planned_sweep(plan, yaml)),
        }
    }

    pub(super) async fn show(&self, row: SweepRow) -> Result<v1::Sweep> {
        present::whole_sweep(&self.0, self.0.view().await?.conn(), &row).await
    }

    async fn get(&self, request: v1::GetSweepRequest) -> Result<v1::Sweep> {
        let mut view = self.0.view().await?;
        let row = names::sweep(view.conn(), &request.name, "name").await?;
        present::whole_sweep(&self.0, view.conn(), &row).await
    }

    async fn watch(
        &self,
        request: v1::WatchSweepRequest,
    ) -> Result<impl Stream<Item = Result<v1::WatchSweepResponse>> + use<>> {
        let mut view = self.0.view().await?;
        let row = names::sweep(view.conn(), &request.name, "name").await?;
        let asked = request.resume_revision;
        let newest = transitions::newest(view.conn()).await?;
        let resume = i64::try_from(asked).ok().filter(|revision| *revision <= newest);
        let resume = resume.ok_or(Error::RevisionUnknown { asked, newest })?;
        Ok(watch::watch(self.0.clone(), row.key, resume))
    }

    async fn leaderboard(&self, request: v1::GetLeaderboardRequest) -> Result<v1::Leaderboard> {
        let mut view = self.0.view().await?;
        let sweep = names::sweep(view.conn(), &request.name, "name").await?;
        Ok(leaderboard(&self.0, view.conn(), &sweep).await?.into())
    }
}

pub(super) fn request_key(request: String, content: &impl serde::Serialize) -> Result<Option<RequestKey>> {
    if request.len() > LONGEST_ID {
        return Err(Error::Invalid {
            field: "request_id",
            problem: format!("is longer than {LONGEST_ID} characters; a UUID will do"),
        });
    }
    Ok((!request.is_empty()).then(|| RequestKey {
        request,
        fingerprint: sha256_of(content),
    }))
}

/// A spec, read where it keeps nobody waiting: a few words can ask for a million trials, which are all looked at.
pub(super) async fn parse(yaml: &str) -> Result<std::result::Result<SweepSpec, spec::SpecError>> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        // A simulation or a test, in which things happen in the same order each time.
        return Ok(spec::parse(yaml));
    }
    let yaml = yaml.to_owned();
    let parsed = tokio::task::spawn_blocking(move || spec::parse(&yaml));
    parsed.await.map_err(|_| Error::Stopping)
}

/// Identifier, group and rank of all trials: hashing takes a while where there are many, so not on a thread that serves
/// others.
pub(super) async fn trials(plan: &Plan) -> Result<Vec<(TrialId, u32, u32)>> {
    if plan.trials() <= FEW {
        return Ok(listed(plan));
    }
    let plan = plan.clone();
    let trials = tokio::task::spawn_blocking(move || listed(&plan));
    trials.await.map_err(|_| Error::Stopping)
}

fn listed(plan: &Plan) -> Vec<(TrialId, u32, u32)> {
    let trial = |(index, rank)| (plan.trial(index).id(), plan.group_of(index), rank);
    (0..).zip(cost::ranks(plan)).map(trial).collect()
}

macro_rules! answer {
    ($call:expr) => {
        $call.await.map(Response::new).map_err(Status::from)
    };
}

type Answer<T> = std::result::Result<Response<T>, Status>;

#[tonic::async_trait]
impl SweepService for Sweeps {
    type WatchSweepStream = Pin<Box<dyn Stream<Item = std::result::Result<v1::WatchSweepResponse, Status>> + Send>>;

    async fn get_coordinator(&self, _: Request<v1::GetCoordinatorRequest>) -> Answer<v1::Coordinator> {
        Ok(Response::new(v1::Coordinator {
            augur_version: env!("CARGO_PKG_VERSION").to_owned(),
            api_version: API_VERSION.to_owned(),
        }))
    }

    async fn create_sweep(&self, r: Request<v1::CreateSweepRequest>) -> Answer<v1::Sweep> {
        let created = self.create(noted(r)).await?;
        note_resource(&created.name);
        Ok(Response::new(created))
    }

    async fn get_sweep(&self, r: Request<v1::GetSweepRequest>) -> Answer<v1::Sweep> {
        answer!(self.get(r.into_inner()))
    }

    async fn list_sweeps(&self, r: Request<v1::ListSweepsRequest>) -> Answer<v1::ListSweepsResponse> {
        answer!(self.list(r.into_inner()))
    }

    async fn cancel_sweep(&self, r: Request<v1::CancelSweepRequest>) -> Answer<v1::Sweep> {
        answer!(self.cancel(noted(r)))
    }

    async fn pause_sweep(&self, r: Request<v1::PauseSweepRequest>) -> Answer<v1::Sweep> {
        answer!(self.pause(noted(r)))
    }

    async fn resume_sweep(&self, r: Request<v1::ResumeSweepRequest>) -> Answer<v1::Sweep> {
        answer!(self.resume(noted(r)))
    }

    async fn retry_trials(&self, r: Request<v1::RetryTrialsRequest>) -> Answer<v1::Sweep> {
        answer!(self.retry(noted(r)))
    }

    async fn set_priority(&self, r: Request<v1::SetPriorityRequest>) -> Answer<v1::Sweep> {
        answer!(Sweeps::set_priority(self, noted(r)))
    }

    async fn extend_sweep(&self, r: Request<v1::ExtendSweepRequest>) -> Answer<v1::Sweep> {
        answer!(self.extend(noted(r)))
    }

    async fn drain_worker(&self, r: Request<v1::DrainWorkerRequest>) -> Answer<v1::Worker> {
        answer!(Sweeps::drain_worker(self, noted(r)))
    }

    async fn watch_sweep(&self, r: Request<v1::WatchSweepRequest>) -> Answer<Self::WatchSweepStream> {
        let stream = self.watch(r.into_inner()).await?;
        Ok(Response::new(Box::pin(stream.map(|event| event.map_err(Status::from)))))
    }

    async fn list_groups(&self, r: Request<v1::ListGroupsRequest>) -> Answer<v1::ListGroupsResponse> {
        answer!(Sweeps::list_groups(self, r.into_inner()))
    }

    async fn get_trial(&self, r: Request<v1::GetTrialRequest>) -> Answer<v1::Trial> {
        // A worker's identifier is all that stands between workers of one token, so that none learns another's.
        let is_worker = r.extensions().get() == Some(&Role::Worker);
        let trial = Sweeps::get_trial(self, r.into_inner()).await;
        answer!(async {
            let mut trial = trial?;
            if is_worker {
                trial.worker.clear();
            }
            Ok::<_, Error>(trial)
        })
    }

    async fn list_trials(&self, r: Request<v1::ListTrialsRequest>) -> Answer<v1::ListTrialsResponse> {
        answer!(Sweeps::list_trials(self, r.into_inner()))
    }

    async fn list_measurements(&self, r: Request<v1::ListMeasurementsRequest>) -> Answer<v1::ListMeasurementsResponse> {
        answer!(Sweeps::list_measurements(self, r.into_inner()))
    }

    async fn list_log_lines(&self, r: Request<v1::ListLogLinesRequest>) -> Answer<v1::ListLogLinesResponse> {
        answer!(Sweeps::list_log_lines(self, r.into_inner()))
    }

    async fn get_leaderboard(&self, r: Request<v1::GetLeaderboardRequest>) -> Answer<v1::Leaderboard> {
        answer!(self.leaderboard(r.into_inner()))
    }

    async fn list_tasks(&self, r: Request<v1::ListTasksRequest>) -> Answer<v1::ListTasksResponse> {
        answer!(Sweeps::list_tasks(self, r.into_inner()))
    }

    async fn list_results(&self, r: Request<v1::ListResultsRequest>) -> Answer<v1::ListResultsResponse> {
        answer!(Sweeps::list_results(self, r.into_inner()))
    }

    async fn get_curves(&self, r: Request<v1::GetCurvesRequest>) -> Answer<v1::Curves> {
        answer!(Sweeps::get_curves(self, r.into_inner()))
    }

    async fn list_pictures(&self, r: Request<v1::ListPicturesRequest>) -> Answer<v1::ListPicturesResponse> {
        answer!(Sweeps::list_pictures(self, r.into_inner()))
    }

    async fn get_scatter(&self, r: Request<v1::GetScatterRequest>) -> Answer<v1::Scatter> {
        answer!(Sweeps::get_scatter(self, r.into_inner()))
    }

    async fn list_workers(&self, r: Request<v1::ListWorkersRequest>) -> Answer<v1::ListWorkersResponse> {
        answer!(Sweeps::list_workers(self, r.into_inner()))
    }
}
