//! A light worker: a client that speaks the real protocol and invents outcomes, so that no libtorch is needed.

use augur_core::{
    draws::{Purpose, shared_stream},
    leaderboard::Agreement,
    measure::{Histogram, Measures},
    plan::TrialSpec,
};
use augur_proto::{
    API_VERSION,
    v1::{self, lease::Work, worker_service_client::WorkerServiceClient},
};
use rand::Rng;
use std::collections::BTreeMap;
use tonic::transport::Channel;

/// Images of each class among the validation images.
const IMAGES: usize = 30;

/// Works off everything that the coordinator has. The first attempt at each trial of `fails` goes wrong.
pub async fn work_off(url: &str, fails: fn(&TrialSpec) -> bool) {
    let mut api = WorkerServiceClient::connect(url.to_owned()).await.unwrap();
    let worker_id = uuid::Uuid::now_v7().to_string();
    let registration = v1::RegisterWorkerRequest {
        worker_id: worker_id.clone(),
        host: "light".into(),
        slots: 4,
        augur_version: "0.0.1".into(),
        libtorch_version: "2.13.0".into(),
        api_version: API_VERSION.into(),
        ..Default::default()
    };
    api.register_worker(registration).await.unwrap();
    loop {
        let request = v1::AcquireLeasesRequest {
            worker_id: worker_id.clone(),
            max_leases: 4,
            ..Default::default()
        };
        let leases = api.acquire_leases(request).await.unwrap().into_inner().leases;
        if leases.is_empty() {
            return;
        }
        for lease in leases {
            match lease.work.unwrap() {
                Work::Trial(work) => {
                    let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json).unwrap();
                    match lease.attempt == 1 && fails(&spec) {
                        true => fail(&mut api, &worker_id, lease.token).await,
                        false => complete(&mut api, &worker_id, lease.token, &spec).await,
                    }
                }
                Work::Evaluation(work) => evaluate(&mut api, &worker_id, lease.token, &work).await,
            }
        }
    }
}

async fn fail(api: &mut WorkerServiceClient<Channel>, worker_id: &str, token: String) {
    let request = v1::FailLeaseRequest {
        worker_id: worker_id.into(),
        token,
        cause: Some(v1::Cause {
            kind: v1::CauseKind::Crashed.into(),
            detail: "signal 11 (SIGSEGV), as the test wants it".into(),
        }),
        ..Default::default()
    };
    api.fail_lease(request).await.unwrap();
}

async fn complete(api: &mut WorkerServiceClient<Channel>, worker_id: &str, token: String, spec: &TrialSpec) {
    let initial = spec.method.initial();
    let quality = quality(spec);
    let measurement = |epoch| v1::Measurement {
        epoch,
        training_loss: 0.6 / f64::from(epoch),
        validation_loss: Some(1.5 - 0.4 * quality),
        hyperparameters: initial.clone(),
        hypergradient_norm: (epoch > 1).then_some(0.01),
        seconds: f64::from(epoch),
        ..Default::default()
    };
    let reports = vec![v1::LeaseMeasurements {
        token: token.clone(),
        measurements: (1..=spec.training.epochs).map(measurement).collect(),
        ..Default::default()
    }];
    let worker_id = worker_id.to_owned();
    let request = v1::ReportMeasurementsRequest {
        worker_id: worker_id.clone(),
        reports,
    };
    api.report_measurements(request).await.unwrap();
    let request = v1::CompleteTrialRequest {
        worker_id,
        token,
        outcome: Some(outcome(spec, &initial, quality)),
        fingerprint: "f".repeat(64),
        ..Default::default()
    };
    api.complete_trial(request).await.unwrap();
}

/// How well a trial does, in (0, 1): a function of where it began.
fn quality(spec: &TrialSpec) -> f64 {
    let sum: f64 = spec.method.initial().values().sum();
    1.0 / (1.0 + (sum - 110.0).abs() / 60.0)
}

fn outcome(spec: &TrialSpec, initial: &BTreeMap<String, f64>, quality: f64) -> v1::Outcome {
    v1::Outcome {
        tuned: initial.clone(),
        validation: Some(v1::Validation {
            mixture_energy: -quality / 2.0,
            mean_distance: 1.5 - 0.4 * quality,
            explained: quality,
            anomaly_share: 0.3,
            score_variance: 0.2,
            whitened_cosine: Some(-0.9),
            dsv: Some(0.5),
            mmd: Some(0.1),
            shift_p_value: Some(0.01),
        }),
        diagnostics: Some(v1::Diagnostics {
            training_loss: 0.1,
            embedding_scale: 1.0,
            augmentation_distance: 0.5,
        }),
        scores: scores(spec.seed, quality),
        seconds: 2.0,
        test_scores: vec![],
    }
}

/// Normal images first, then anomalies, further apart the better the trial.
fn scores(seed: u64, quality: f64) -> Vec<f64> {
    let mut rng = shared_stream(seed, "scores", Purpose::Evaluation, 0);
    let score = |i| rng.random_range(0.0..1.0) + if i < IMAGES { 0.0 } else { quality };
    (0..2 * IMAGES).map(score).collect()
}

async fn evaluate(api: &mut WorkerServiceClient<Channel>, worker_id: &str, token: String, work: &v1::EvaluationWork) {
    let labels: Vec<bool> = (0..2 * IMAGES).map(|i| i >= IMAGES).collect();
    let agreement = |trial: &v1::TrialScores| {
        let mut draws = shared_stream(0, &trial.trial, Purpose::Bootstrap, 0);
        let measures = Measures::of(&trial.scores, &labels, &mut draws).unwrap();
        let agreement = Agreement {
            histogram: Histogram::of(&trial.scores, &labels).ok(),
            ..Agreement::of(Some(measures), None)
        };
        v1::TrialAgreement::new(trial.trial.clone(), agreement)
    };
    let request = v1::CompleteEvaluationRequest {
        worker_id: worker_id.into(),
        token,
        trials: work.trials.iter().map(agreement).collect(),
        ..Default::default()
    };
    api.complete_evaluation(request).await.unwrap();
}
