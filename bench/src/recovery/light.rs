//! A worker without libtorch: it speaks the real API and invents outcomes.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result};
use augur_core::{id::WorkerId, plan::TrialSpec};
use augur_proto::{
    API_VERSION,
    v1::{self, lease::Work, worker_service_client::WorkerServiceClient},
};
use tonic::transport::Channel;
use uuid::Uuid;

/// A worker that is registered.
#[derive(Clone)]
pub(super) struct LightWorker {
    id: String,
    api: WorkerServiceClient<Channel>,
    /// What it was given since it last completed all that it had.
    held: Vec<String>,
}

impl LightWorker {
    /// Registers at a coordinator.
    pub async fn register(url: &str) -> Result<Self> {
        let mut api = WorkerServiceClient::connect(url.to_owned()).await?;
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
            api: WorkerServiceClient::connect(url.to_owned()).await?,
            held: self.held.clone(),
        })
    }

    /// What there is to do now, up to `max` leases.
    pub async fn acquire(&mut self, max: u32) -> Result<Vec<v1::Lease>> {
        let request = v1::AcquireLeasesRequest {
            worker_id: self.id.clone(),
            max_leases: max,
            wait_timeout: Duration::ZERO.try_into().ok(),
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
