//! A coordinator in this process on a real store, and a light worker: a client that speaks the real protocol and invents
//! outcomes, so that no libtorch is needed.
//!
//! The store is an SQLite file; with AUGUR_TEST_STORE=postgres it is on a PostgreSQL server of the test's own.

pub mod postgres;

use augur_coordinator::{
    Config, Coordinator, Location, Safety, Settings,
    clock::{Clock, ManualClock, SystemClock},
};
use augur_core::{id::WorkerId, picture::PictureKind, plan::TrialSpec, time::Timestamp};
use augur_proto::{
    API_VERSION,
    v1::{self, lease::Work, sweep_service_client::SweepServiceClient, worker_service_client::WorkerServiceClient},
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt;
use uuid::Uuid;

pub type Sweeps = SweepServiceClient<Channel>;
pub type Workers = WorkerServiceClient<Channel>;

/// 2 tasks x 2 seeds, 3 trials each.
pub const SPEC: &str = "version: 1
name: small
data: {fashion_mnist: {}}
tasks:
  - {normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}
  - {normal: trouser, anomaly: {class: dress}}
families:
  - rotation: {starts: [{angle_deg: 30}, {angle_deg: 120}, {angle_deg: 200}]}
seeds: [0, 1]
training: {epochs: 2}
";

/// A spec with one group of so many trials.
pub fn wide_spec(name: &str, trials: usize) -> String {
    let starts: Vec<_> = (0..trials)
        .map(|i| format!("{{angle_deg: {}}}", i as f64 / trials as f64 * 300.0))
        .collect();
    format!(
        "version: 1
name: {name}
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: sneaker, anomaly: {{class: dress}}}}]
families: [{{rotation: {{starts: [{}]}}}}]
seeds: [0]
",
        starts.join(", ")
    )
}

/// A running coordinator with its store in a folder of its own.
pub struct Host {
    pub folder: Arc<TempDir>,
    pub coordinator: Coordinator,
    pub store: Location,
    server: Option<Arc<postgres::Server>>,
}

impl Host {
    pub async fn start() -> Self {
        Self::with(Settings::default(), Arc::new(SystemClock::default())).await
    }

    pub async fn with_clock() -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        (Self::with(Settings::default(), clock.clone()).await, clock)
    }

    pub async fn with(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        if std::env::var_os("AUGUR_TEST_STORE").is_none_or(|store| store == "sqlite") {
            return Self::on(folder, settings, clock).await;
        }
        let server = postgres::Server::start().expect("AUGUR_TEST_STORE asks for PostgreSQL");
        let store = server.url("postgres").parse().unwrap();
        let mut host = Self::at(store, settings, clock).await;
        host.server = Some(Arc::new(server));
        host
    }

    /// On a store of any kind.
    pub async fn at(store: Location, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let config = Config {
            store: store.clone(),
            ..config(Path::new("unused"), settings)
        };
        Self {
            folder: Arc::new(tempfile::tempdir().unwrap()),
            coordinator: Coordinator::start(config, clock).await.unwrap(),
            store,
            server: None,
        }
    }

    pub async fn on(folder: Arc<TempDir>, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let store = config(folder.path(), settings.clone()).store;
        let host = Self::at(store, settings, clock).await;
        Self { folder, ..host }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.coordinator.address())
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(self.url()).unwrap().connect().await.unwrap()
    }

    pub async fn sweeps(&self) -> Sweeps {
        Sweeps::new(self.channel().await)
    }

    pub async fn workers(&self) -> Workers {
        Workers::new(self.channel().await)
    }

    /// Every invariant of the store holds.
    pub async fn check(&self) {
        let violations = self.coordinator.handle().check().await.unwrap();
        assert!(violations.is_empty(), "{violations:?}");
    }

    /// Stops in order and, after a while, starts again on the same store.
    pub async fn restart(self, clock: Arc<ManualClock>, away: Duration) -> Self {
        self.coordinator.stop().await.unwrap();
        clock.advance(away);
        let host = Self::at(self.store, Settings::default(), clock).await;
        Self {
            folder: self.folder,
            server: self.server,
            ..host
        }
    }
}

pub fn config(folder: &Path, settings: Settings) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        store: folder.join("augur.sqlite").into(),
        safety: Safety::default(),
        settings,
    }
}

/// Submits a spec.
pub async fn create(sweeps: &mut Sweeps, yaml: &str) -> v1::Sweep {
    try_create(sweeps, yaml).await.unwrap()
}

pub async fn try_create(sweeps: &mut Sweeps, yaml: &str) -> Result<v1::Sweep, Status> {
    let request = v1::CreateSweepRequest {
        spec_yaml: yaml.into(),
        ..Default::default()
    };
    sweeps.create_sweep(request).await.map(tonic::Response::into_inner)
}

pub async fn get(sweeps: &mut Sweeps, name: &str) -> v1::Sweep {
    let request = v1::GetSweepRequest { name: name.into() };
    sweeps.get_sweep(request).await.unwrap().into_inner()
}

/// The reason in a status's `ErrorInfo`.
pub fn reason(status: &Status) -> String {
    let info = status.get_details_error_info().expect("an ErrorInfo");
    assert_eq!(info.domain, "augur");
    info.reason
}

/// The second before the first line of a log of `LightWorker`.
pub const LOG_BEGINS: i64 = 1_700_000_000;

/// A worker without libtorch.
pub struct LightWorker {
    pub id: String,
    pub api: Workers,
    /// Every token that it was given.
    pub held: Vec<String>,
}

impl LightWorker {
    pub async fn register(api: Workers, slots: u32) -> Self {
        Self::with_memory(api, slots, 0).await
    }

    /// One whose trials may take so many bytes.
    pub async fn with_memory(mut api: Workers, slots: u32, memory_bytes: u64) -> Self {
        let id = WorkerId::from_uuid(Uuid::now_v7()).to_string();
        let registration = v1::RegisterWorkerRequest {
            memory_bytes,
            ..registration(&id, slots)
        };
        api.register_worker(registration).await.unwrap();
        let held = Vec::new();
        Self { id, api, held }
    }

    /// The same worker, calling elsewhere.
    pub fn at(self, api: Workers) -> Self {
        Self { api, ..self }
    }

    pub async fn acquire(&mut self, max: u32) -> Vec<v1::Lease> {
        self.acquire_within(max, Duration::ZERO).await
    }

    pub async fn acquire_within(&mut self, max: u32, wait: Duration) -> Vec<v1::Lease> {
        self.ask(max, wait).await.unwrap()
    }

    pub async fn try_acquire(&mut self, max: u32) -> Result<Vec<v1::Lease>, Status> {
        self.ask(max, Duration::ZERO).await
    }

    async fn ask(&mut self, max: u32, wait: Duration) -> Result<Vec<v1::Lease>, Status> {
        let request = v1::AcquireLeasesRequest {
            worker_id: self.id.clone(),
            max_leases: max,
            wait_timeout: Some(wait.try_into().unwrap()),
            held_tokens: self.held.clone(),
        };
        let leases = self.api.acquire_leases(request).await?.into_inner().leases;
        self.held.extend(leases.iter().map(|lease| lease.token.clone()));
        Ok(leases)
    }

    pub async fn complete(&mut self, lease: &v1::Lease) -> Result<(), Status> {
        match lease.work.as_ref().unwrap() {
            Work::Trial(work) => {
                let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json).unwrap();
                self.complete_trial(&lease.token, outcome(&spec)).await
            }
            Work::Evaluation(work) => {
                let request = v1::CompleteEvaluationRequest {
                    worker_id: self.id.clone(),
                    token: lease.token.clone(),
                    trials: agreements(work),
                    pictures: pictures(work),
                };
                self.api.complete_evaluation(request).await.map(drop)
            }
        }
    }

    pub async fn complete_trial(&mut self, token: &str, outcome: v1::Outcome) -> Result<(), Status> {
        let request = v1::CompleteTrialRequest {
            worker_id: self.id.clone(),
            token: token.into(),
            outcome: Some(outcome),
            ..Default::default()
        };
        self.api.complete_trial(request).await.map(drop)
    }

    pub async fn fail(&mut self, token: &str, kind: v1::CauseKind) -> Result<(), Status> {
        self.fail_with(token, kind, "as the test wants it").await
    }

    pub async fn fail_with(&mut self, token: &str, kind: v1::CauseKind, detail: &str) -> Result<(), Status> {
        let request = v1::FailLeaseRequest {
            worker_id: self.id.clone(),
            token: token.into(),
            cause: Some(v1::Cause {
                kind: kind.into(),
                detail: detail.into(),
            }),
            ..Default::default()
        };
        self.api.fail_lease(request).await.map(drop)
    }

    pub async fn renew(&mut self, tokens: &[&str]) -> Vec<v1::Order> {
        let answer = self.heartbeat(tokens, &[]).await;
        answer.renewals.iter().map(v1::Renewal::order).collect()
    }

    /// Renews leases, some of which rightly report no epochs.
    pub async fn heartbeat(&mut self, tokens: &[&str], excused: &[&str]) -> v1::RenewLeasesResponse {
        let texts = |tokens: &[&str]| tokens.iter().map(ToString::to_string).collect();
        let request = v1::RenewLeasesRequest {
            worker_id: self.id.clone(),
            tokens: texts(tokens),
            excused_tokens: texts(excused),
        };
        self.api.renew_leases(request).await.unwrap().into_inner()
    }

    pub async fn report(&mut self, token: &str, epochs: std::ops::RangeInclusive<u32>) -> Vec<String> {
        let measurement = |epoch| v1::Measurement {
            epoch,
            training_loss: 0.5 / f64::from(epoch),
            hypergradient_norm: Some(f64::NAN),
            ..Default::default()
        };
        self.report_all(token, epochs.map(measurement).collect()).await
    }

    /// Reports measurements; gives the stale tokens.
    pub async fn report_all(&mut self, token: &str, measurements: Vec<v1::Measurement>) -> Vec<String> {
        let request = v1::ReportMeasurementsRequest {
            worker_id: self.id.clone(),
            reports: vec![v1::LeaseMeasurements {
                token: token.into(),
                measurements,
                ..Default::default()
            }],
        };
        self.api
            .report_measurements(request)
            .await
            .unwrap()
            .into_inner()
            .stale_tokens
    }

    /// Reports lines of a log, one in a second; gives the stale tokens.
    pub async fn log(&mut self, token: &str, lines: &[(u32, &str)]) -> Vec<String> {
        let line = |(sequence, text): &(u32, &str)| v1::LogLine {
            sequence: *sequence,
            time: Some(prost_types::Timestamp {
                seconds: LOG_BEGINS + i64::from(*sequence),
                nanos: 0,
            }),
            text: (*text).to_owned(),
        };
        let request = v1::ReportMeasurementsRequest {
            worker_id: self.id.clone(),
            reports: vec![v1::LeaseMeasurements {
                token: token.into(),
                lines: lines.iter().map(line).collect(),
                ..Default::default()
            }],
        };
        let answer = self.api.report_measurements(request).await;
        answer.unwrap().into_inner().stale_tokens
    }

    pub async fn leave(&mut self) -> Result<(), Status> {
        let worker_id = self.id.clone();
        self.api
            .leave_worker(v1::LeaveWorkerRequest { worker_id })
            .await
            .map(drop)
    }

    /// Takes and completes until nothing is left.
    pub async fn work_off(&mut self) {
        loop {
            let leases = self.acquire(4).await;
            if leases.is_empty() {
                return;
            }
            for lease in &leases {
                self.complete(lease).await.unwrap();
            }
        }
    }
}

pub fn registration(id: &str, slots: u32) -> v1::RegisterWorkerRequest {
    v1::RegisterWorkerRequest {
        worker_id: id.into(),
        host: "test".into(),
        slots,
        augur_version: "0.0.1".into(),
        libtorch_version: "2.13.0".into(),
        api_version: API_VERSION.into(),
        ..Default::default()
    }
}

/// An outcome that is a function of the trial: the nearer the start to 150 degrees, the lower the loss.
pub fn outcome(spec: &TrialSpec) -> v1::Outcome {
    let angle = spec.method.initial()["angle_deg"];
    v1::Outcome {
        tuned: BTreeMap::from([("angle_deg".into(), angle + 1.0 / 3.0)]),
        validation: Some(v1::Validation {
            mixture_energy: -1.0 / (1.0 + (angle - 150.0).abs()),
            mean_distance: 1.1,
            explained: 1.0 / (1.0 + (angle - 150.0).abs()),
            whitened_cosine: Some(-1.0),
            anomaly_share: 0.3,
            score_variance: 0.01,
            ..Default::default()
        }),
        diagnostics: Some(v1::Diagnostics {
            training_loss: 0.1,
            embedding_scale: 1.0,
            augmentation_distance: 0.5,
        }),
        scores: vec![0.1, angle, 1e-300, spec.seed as f64],
        seconds: 0.25,
        test_scores: vec![],
    }
}

/// As many pictures of each kind as are wanted, none of which can be looked at.
pub fn pictures(work: &v1::EvaluationWork) -> Vec<v1::Picture> {
    let picture = |(kind, image): (PictureKind, u32)| v1::Picture {
        kind: v1::PictureKind::from(kind).into(),
        media_type: "image/png".into(),
        data: vec![0, image as u8],
        image,
        score: (kind >= PictureKind::Highest).then_some(0.5),
        anomalous: None,
    };
    let kinds = PictureKind::ALL.into_iter();
    let all = kinds.flat_map(|kind| (0..work.pictures).map(move |image| (kind, image)));
    all.map(picture).collect()
}

/// Agreements that are a function of the scores.
pub fn agreements(work: &v1::EvaluationWork) -> Vec<v1::TrialAgreement> {
    let agreement = |trial: &v1::TrialScores| v1::TrialAgreement {
        trial: trial.trial.clone(),
        auroc: Some(trial.scores[1] / 360.0),
        average_precision: Some(0.5),
        ..Default::default()
    };
    work.trials.iter().map(agreement).collect()
}

/// Comes back once `holds`; fails after a minute.
pub async fn eventually(holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap();
}
