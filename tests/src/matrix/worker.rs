//! A worker without libtorch: it speaks the real API, and its outcomes are a function of the trial.

use super::calls::{Answer, Api, Calls};
use anyhow::{Context, Result};
use augur_core::plan::TrialSpec;
use augur_proto::{
    API_VERSION,
    v1::{self, lease::Work},
};
use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

/// What each trial is said to be computed from.
const FINGERPRINT: &str = "of-the-crash-matrix";

/// A worker, and what it knows to hold.
pub struct Worker {
    id: &'static str,
    held: BTreeSet<String>,
}

impl Worker {
    /// Not registered yet.
    pub fn new(id: &'static str) -> Self {
        let held = BTreeSet::new();
        Self { id, held }
    }

    /// As the API names it.
    pub fn name(&self) -> String {
        format!("workers/{}", self.id)
    }

    pub async fn register(&self, calls: &mut Calls) -> Result<()> {
        let request = v1::RegisterWorkerRequest {
            worker_id: self.id.into(),
            host: "matrix".into(),
            slots: 3,
            augur_version: env!("CARGO_PKG_VERSION").into(),
            libtorch_version: "none".into(),
            api_version: API_VERSION.into(),
            memory_bytes: 0,
        };
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.workers.register_worker(request).await }
        };
        calls.call("RegisterWorker", call).await?.done().map(drop)
    }

    pub async fn acquire(&mut self, calls: &mut Calls, max: u32) -> Result<Vec<v1::Lease>> {
        let request = v1::AcquireLeasesRequest {
            worker_id: self.id.into(),
            max_leases: max,
            wait_timeout: Duration::ZERO.try_into().ok(),
            held_tokens: self.held.iter().cloned().collect(),
        };
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.workers.acquire_leases(request).await }
        };
        let leases = calls.call("AcquireLeases", call).await?.done()?.leases;
        self.held.extend(leases.iter().map(|lease| lease.token.clone()));
        Ok(leases)
    }

    /// The only lease that there is to have.
    pub async fn acquire_one(&mut self, calls: &mut Calls) -> Result<v1::Lease> {
        self.acquire(calls, 1).await?.pop().context("nothing to lease")
    }

    pub async fn renew(&self, calls: &mut Calls) -> Result<v1::RenewLeasesResponse> {
        let request = v1::RenewLeasesRequest {
            worker_id: self.id.into(),
            tokens: self.held.iter().cloned().collect(),
            excused_tokens: Vec::new(),
        };
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.workers.renew_leases(request).await }
        };
        calls.call("RenewLeases", call).await?.done()
    }

    /// Renews, and drops what is no longer wanted.
    pub async fn obey(&mut self, calls: &mut Calls) -> Result<()> {
        for renewal in self.renew(calls).await?.renewals {
            if renewal.order() == v1::Order::Cancel {
                self.held.remove(&renewal.token);
            }
        }
        Ok(())
    }

    pub fn holds(&self, lease: &v1::Lease) -> bool {
        self.held.contains(&lease.token)
    }

    /// Reports epochs of a trial; the tokens that are stale.
    pub async fn report(
        &self,
        calls: &mut Calls,
        lease: &v1::Lease,
        epochs: RangeInclusive<u32>,
    ) -> Result<Vec<String>> {
        let Some(Work::Trial(work)) = &lease.work else {
            return Ok(Vec::new());
        };
        let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json)?;
        let measurement = |epoch| {
            let judged = work.rungs.contains(&epoch).then(|| outcome(&spec));
            v1::Measurement {
                epoch,
                training_loss: 0.5 / f64::from(epoch),
                seconds: f64::from(epoch),
                validation: judged.as_ref().and_then(|outcome| outcome.validation),
                diagnostics: judged.as_ref().and_then(|outcome| outcome.diagnostics),
                ..Default::default()
            }
        };
        let line = |sequence| v1::LogLine {
            sequence,
            time: None,
            text: format!("epoch {sequence}"),
        };
        let request = v1::ReportMeasurementsRequest {
            worker_id: self.id.into(),
            reports: vec![v1::LeaseMeasurements {
                token: lease.token.clone(),
                measurements: epochs.clone().map(measurement).collect(),
                lines: epochs.map(line).collect(),
            }],
        };
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.workers.report_measurements(request).await }
        };
        Ok(calls.call("ReportMeasurements", call).await?.done()?.stale_tokens)
    }

    /// Hands in what came of a lease; a trial that completed before is taken from there.
    pub async fn complete(&mut self, calls: &mut Calls, lease: &v1::Lease) -> Result<()> {
        self.hand_in(calls, lease).await?.done()?;
        self.held.remove(&lease.token);
        Ok(())
    }

    /// The same, whatever the coordinator says of it.
    pub async fn hand_in(&self, calls: &mut Calls, lease: &v1::Lease) -> Result<Answer<()>> {
        match lease.work.as_ref().context("a lease has work")? {
            Work::Trial(work) => self.complete_trial(calls, &lease.token, work).await,
            Work::Evaluation(work) => self.complete_evaluation(calls, &lease.token, work).await,
        }
    }

    async fn complete_trial(&self, calls: &mut Calls, token: &str, work: &v1::TrialWork) -> Result<Answer<()>> {
        let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json)?;
        let earlier = work.earlier.first();
        let request = v1::CompleteTrialRequest {
            worker_id: self.id.into(),
            token: token.into(),
            outcome: earlier.is_none().then(|| outcome(&spec)),
            reused: earlier.map_or_else(String::new, |earlier| earlier.trial.clone()),
            fingerprint: FINGERPRINT.into(),
            ..Default::default()
        };
        let name = match earlier {
            None => "CompleteTrial",
            Some(_) => "CompleteTrial (reused)",
        };
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.workers.complete_trial(request).await }
        };
        Ok(calls.call(name, call).await?.without_content())
    }

    async fn complete_evaluation(
        &self,
        calls: &mut Calls,
        token: &str,
        work: &v1::EvaluationWork,
    ) -> Result<Answer<()>> {
        let agreement = |trial: &v1::TrialScores| v1::TrialAgreement {
            trial: trial.trial.clone(),
            auroc: trial.scores.get(1).map(|score| score / 360.0),
            average_precision: Some(0.5),
            ..Default::default()
        };
        let request = v1::CompleteEvaluationRequest {
            worker_id: self.id.into(),
            token: token.into(),
            trials: work.trials.iter().map(agreement).collect(),
            pictures: (0..work.pictures.min(2)).map(picture).collect(),
        };
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.workers.complete_evaluation(request).await }
        };
        Ok(calls.call("CompleteEvaluation", call).await?.without_content())
    }

    /// Ends a lease without a result.
    pub async fn fail(&mut self, calls: &mut Calls, lease: &v1::Lease, kind: v1::CauseKind) -> Result<()> {
        let request = v1::FailLeaseRequest {
            worker_id: self.id.into(),
            token: lease.token.clone(),
            cause: Some(v1::Cause {
                kind: kind.into(),
                detail: "as the script wants it".into(),
            }),
            memory_bytes: 0,
        };
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.workers.fail_lease(request).await }
        };
        calls.call("FailLease", call).await?.done_or_repeat("LEASE_STALE")?;
        self.held.remove(&lease.token);
        Ok(())
    }

    pub async fn leave(&mut self, calls: &mut Calls) -> Result<()> {
        let worker_id = self.id.to_owned();
        let call = |mut api: Api| {
            let worker_id = worker_id.clone();
            async move { api.workers.leave_worker(v1::LeaveWorkerRequest { worker_id }).await }
        };
        calls
            .call("LeaveWorker", call)
            .await?
            .done_or_repeat("WORKER_UNKNOWN")?;
        self.held.clear();
        Ok(())
    }
}

/// The nearer the start to 150 degrees, the lower the loss.
fn outcome(spec: &TrialSpec) -> v1::Outcome {
    let tuned = spec.method.initial();
    let angle = tuned.values().sum::<f64>();
    v1::Outcome {
        validation: Some(v1::Validation {
            mixture_energy: -1.0 / (1.0 + (angle - 150.0).abs()),
            mean_distance: 1.1,
            explained: 1.0 / (1.0 + (angle - 150.0).abs()),
            whitened_cosine: Some(-1.0 / (1.0 + (angle - 150.0).abs())),
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
        tuned: tuned.into_iter().collect(),
        seconds: 0.25,
        ..Default::default()
    }
}

/// A picture, as far as the coordinator looks at it.
fn picture(image: u32) -> v1::Picture {
    v1::Picture {
        kind: v1::PictureKind::Highest.into(),
        media_type: "image/png".into(),
        data: vec![7, 1],
        image,
        score: Some(f64::from(image)),
        anomalous: None,
    }
}
