//! A worker without libtorch: it speaks the real API and invents outcomes.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use anyhow::{Context, Result, ensure};
use augur_core::{id::WorkerId, plan::TrialSpec};
use augur_proto::{
    API_VERSION,
    v1::{self, lease::Work, worker_service_client::WorkerServiceClient},
};
use tonic::transport::Channel;
use uuid::Uuid;

/// A worker that is registered.
#[derive(Clone)]
pub struct LightWorker {
    id: String,
    api: WorkerServiceClient<Channel>,
    /// What it was given since it last completed all that it had.
    held: Vec<String>,
}

impl LightWorker {
    /// Registers at a coordinator.
    pub async fn register(url: &str) -> Result<Self> {
        let mut api = connect(url).await?;
        let id = WorkerId::from_uuid(Uuid::now_v7()).to_string();
        let request = v1::RegisterWorkerRequest {
            worker_id: id.clone(),
            host: "bench".into(),
            slots: 1,
            augur_version: env!("CARGO_PKG_VERSION").into(),
            libtorch_version: "none".into(),
            api_version: API_VERSION.into(),
            // Zero is unknown, and an unknown memory is given every trial.
            memory_bytes: 0,
        };
        api.register_worker(request).await?;
        let held = Vec::new();
        Ok(Self { id, api, held })
    }

    /// The same worker at the coordinator's new address.
    pub async fn at(&self, url: &str) -> Result<Self> {
        Ok(Self {
            id: self.id.clone(),
            api: connect(url).await?,
            held: self.held.clone(),
        })
    }

    /// What there is to do now, up to `max` leases.
    pub async fn acquire(&mut self, max: u32) -> Result<Vec<v1::Lease>> {
        self.wait(max, Duration::ZERO).await
    }

    /// What there is to do, up to `max` leases; waits a while where there is nothing.
    pub async fn wait(&mut self, max: u32, wait: Duration) -> Result<Vec<v1::Lease>> {
        let request = v1::AcquireLeasesRequest {
            worker_id: self.id.clone(),
            max_leases: max,
            wait_timeout: wait.try_into().ok(),
            held_tokens: self.held.clone(),
        };
        let leases = self.api.acquire_leases(request).await?.into_inner().leases;
        self.held.extend(leases.iter().map(|lease| lease.token.clone()));
        Ok(leases)
    }

    /// All that it had is completed.
    pub fn has_nothing(&mut self) {
        self.held.clear();
    }

    /// It has let go of one lease.
    pub fn let_go(&mut self, token: &str) {
        self.held.retain(|held| held != token);
    }

    /// The heartbeat, for all that it has. An order but to go on is an error: nobody gives one here.
    pub async fn renew(&mut self) -> Result<()> {
        let request = v1::RenewLeasesRequest {
            worker_id: self.id.clone(),
            tokens: self.held.clone(),
            ..Default::default()
        };
        let answer = self.api.renew_leases(request).await?.into_inner();
        let goes_on = |renewal: &v1::Renewal| renewal.order() == v1::Order::Continue;
        ensure!(answer.renewals.iter().all(goes_on), "a lease was lost: {answer:?}");
        Ok(())
    }

    /// Reports epochs of the trial under a lease.
    pub async fn report(&mut self, token: &str, epochs: Range<u32>) -> Result<()> {
        let request = v1::ReportMeasurementsRequest {
            worker_id: self.id.clone(),
            reports: vec![v1::LeaseMeasurements {
                token: token.to_owned(),
                measurements: epochs.map(measurement).collect(),
                ..Default::default()
            }],
        };
        let answer = self.api.report_measurements(request).await?.into_inner();
        ensure!(answer.stale_tokens.is_empty(), "a report came too late");
        Ok(())
    }

    /// Completes what was leased, with figures that are a function of it.
    pub async fn complete(&mut self, lease: &v1::Lease) -> Result<()> {
        match lease.work.as_ref().context("a lease has work")? {
            Work::Trial(work) => self.complete_trial(&lease.token, work).await,
            Work::Evaluation(work) => self.complete_evaluation(&lease.token, work).await,
        }
    }

    async fn complete_trial(&mut self, token: &str, work: &v1::TrialWork) -> Result<()> {
        let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json).context("a trial's spec")?;
        let request = v1::CompleteTrialRequest {
            worker_id: self.id.clone(),
            token: token.to_owned(),
            outcome: Some(outcome(&spec)),
            ..Default::default()
        };
        self.api.complete_trial(request).await?;
        Ok(())
    }

    async fn complete_evaluation(&mut self, token: &str, work: &v1::EvaluationWork) -> Result<()> {
        let agreement = |trial: &v1::TrialScores| v1::TrialAgreement {
            trial: trial.trial.clone(),
            auroc: Some(0.5),
            average_precision: Some(0.5),
            ..Default::default()
        };
        let request = v1::CompleteEvaluationRequest {
            worker_id: self.id.clone(),
            token: token.to_owned(),
            trials: work.trials.iter().map(agreement).collect(),
            ..Default::default()
        };
        self.api.complete_evaluation(request).await?;
        Ok(())
    }
}

/// The largest answer: the scores of a group of a thousand trials.
const LARGEST: usize = 64 << 20;

async fn connect(url: &str) -> Result<WorkerServiceClient<Channel>> {
    let api = WorkerServiceClient::connect(url.to_owned()).await?;
    Ok(api.max_decoding_message_size(LARGEST))
}

fn measurement(epoch: u32) -> v1::Measurement {
    v1::Measurement {
        epoch,
        training_loss: 1.0 / f64::from(epoch),
        validation_loss: Some(2.0 / f64::from(epoch)),
        hyperparameters: [("angle_deg".to_owned(), f64::from(epoch))].into(),
        hypergradient_norm: Some(0.1),
        seconds: f64::from(epoch),
        ..Default::default()
    }
}

fn outcome(spec: &TrialSpec) -> v1::Outcome {
    let tuned: BTreeMap<String, f64> = spec.method.initial().into_iter().collect();
    let angle = tuned.values().sum::<f64>();
    v1::Outcome {
        validation: Some(v1::Validation {
            mean_distance: 1.0 + angle / 360.0,
            explained: 0.5,
            whitened_cosine: Some(-0.5),
            ..Default::default()
        }),
        diagnostics: Some(v1::Diagnostics {
            training_loss: 0.1,
            embedding_scale: 1.0,
            augmentation_distance: 0.5,
        }),
        // As many as the demo's validation images.
        scores: (0..200).map(|i| f64::from(i) * angle).collect(),
        tuned: tuned.into_iter().collect(),
        seconds: 1.0,
        ..Default::default()
    }
}
