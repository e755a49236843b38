//! Sweeps as they could have been: light workers that report epochs and complete trials, all of it a function of the trial.

use crate::support::{LightWorker, Workers};
use augur_core::plan::{Method, TrialSpec};
use augur_proto::v1::{self, lease::Work};
use std::{collections::BTreeMap, f64::consts::TAU};

pub const EPOCHS: u32 = 20;

/// 10 tasks x 2 seeds, `starts` trials of each of two families and one of a baseline.
pub fn spec(name: &str, starts: u32) -> String {
    let classes = [
        "t-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle-boot",
    ];
    let task = |at: usize| {
        format!(
            "  - {{normal: {}, anomaly: {{class: {}}}}}\n",
            classes[at],
            classes[(at + 3) % 10]
        )
    };
    let tasks: String = (0..10).map(task).collect();
    format!(
        "version: 1
name: {name}
data: {{fashion_mnist: {{}}}}
tasks:
{tasks}families:
  - rotation: {{starts: {{sobol: {starts}}}}}
  - cutdiff: {{mode: blend, starts: {{sobol: {starts}}}}}
variants:
  - {{name: mean-intensity, baseline: {{mean_intensity: {{}}}}}}
seeds: [0, 1]
training: {{epochs: {EPOCHS}}}
"
    )
}

/// In [0, 1), the same whenever it is asked for.
fn draw(of: u64) -> f64 {
    let mut x = of.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A trial that somebody made up.
pub struct Story {
    initial: BTreeMap<String, f64>,
    tuned: BTreeMap<String, f64>,
    is_baseline: bool,
    /// How well it ends, in [0, 1], the lower the better.
    level: f64,
    seed: u64,
}

impl Story {
    pub fn of(spec: &TrialSpec) -> Self {
        let id = spec.id().to_string();
        let seed = id
            .bytes()
            .fold(0u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        let initial = spec.method.initial();
        let pull = 0.35 + 0.5 * draw(seed);
        // Each hyperparameter is drawn towards where its task has its optimum.
        let target = |name: &str, value: f64| match name {
            "angle_deg" => 150.0 + 40.0 * (draw(seed ^ 1) - 0.5) - value,
            "area" => 0.08 - value,
            _ => 1.5 - value,
        };
        let tuned: BTreeMap<_, _> = initial
            .iter()
            .map(|(name, value)| (name.clone(), value + pull * target(name, *value)))
            .collect();
        let angle = tuned
            .get("angle_deg")
            .map_or(0.0, |angle| 0.5 - 0.5 * ((angle - 150.0) / 360.0 * TAU).cos());
        let level = (0.15 + 0.55 * angle + 0.25 * draw(seed ^ 2) + if initial.len() > 1 { 0.1 } else { 0.0 }).min(1.0);
        Self {
            is_baseline: matches!(spec.method, Method::Baseline(_)),
            initial,
            tuned,
            level,
            seed,
        }
    }

    pub fn measurement(&self, epoch: u32) -> v1::Measurement {
        let way = 1.0 - (-f64::from(epoch) / (3.0 + 5.0 * draw(self.seed ^ 3))).exp();
        let noise = 0.02 * (draw(self.seed ^ u64::from(epoch) << 8) - 0.5);
        let at = |(name, value): (&String, &f64)| (name.clone(), value + way * (self.tuned[name] - value));
        v1::Measurement {
            epoch,
            training_loss: 0.69 - 0.6 * way * (1.0 - 0.4 * self.level) + noise,
            validation_loss: (!self.is_baseline).then_some(1.05 + 0.6 * self.level + 0.5 * (1.0 - way) + noise),
            hyperparameters: self.initial.iter().map(at).collect(),
            hypergradient_norm: (epoch > 2 && !self.is_baseline).then_some(0.02 + 0.8 * (1.0 - way) + noise.abs()),
            seconds: 1.7 * f64::from(epoch),
            ..Default::default()
        }
    }

    pub fn outcome(&self) -> v1::Outcome {
        let scores = |at: u64| {
            0.3 * draw(self.seed ^ at << 20)
                + if at.is_multiple_of(3) {
                    0.4 * (1.0 - self.level)
                } else {
                    0.0
                }
        };
        v1::Outcome {
            tuned: self.tuned.clone(),
            validation: (!self.is_baseline).then(|| v1::Validation {
                mixture_energy: self.level - 1.0,
                mean_distance: self.measurement(EPOCHS).validation_loss.unwrap(),
                explained: 1.0 - self.level,
                anomaly_share: 0.31,
                score_variance: 0.02,
                whitened_cosine: Some(-0.9),
                ..Default::default()
            }),
            diagnostics: (!self.is_baseline).then_some(v1::Diagnostics {
                training_loss: 0.12,
                embedding_scale: 1.0,
                augmentation_distance: 0.4,
            }),
            scores: (0..60).map(scores).collect(),
            seconds: 1.7 * f64::from(EPOCHS),
            ..Default::default()
        }
    }
}

/// How well the scores of a made-up trial rank labelled images.
fn agreement(trial: &v1::TrialScores) -> v1::TrialAgreement {
    let high = trial.scores.iter().step_by(3).sum::<f64>() / 20.0;
    let auroc = (0.55 + high).min(0.99);
    let interval = |value: f64, half: f64| v1::Interval {
        low: value - half,
        high: (value + half).min(1.0),
    };
    v1::TrialAgreement {
        trial: trial.trial.clone(),
        auroc: Some(auroc),
        average_precision: Some(auroc - 0.1),
        auroc_interval: Some(interval(auroc, 0.03)),
        average_precision_interval: Some(interval(auroc - 0.1, 0.05)),
        ..Default::default()
    }
}

/// Does what a lease asks for.
pub async fn finish(worker: &mut LightWorker, lease: &v1::Lease) {
    finish_all(worker, std::slice::from_ref(lease), 1).await;
}

/// Does what leases ask for; trials report one epoch in `every`, and the last one.
async fn finish_all(worker: &mut LightWorker, leases: &[v1::Lease], every: usize) {
    let (mut reports, mut stories) = (Vec::new(), Vec::new());
    for lease in leases {
        match lease.work.as_ref().unwrap() {
            Work::Trial(work) => {
                let story = Story::of(&serde_json::from_str(&work.trial_spec_json).unwrap());
                let epochs = (1..EPOCHS).step_by(every).chain([EPOCHS]);
                reports.push(v1::LeaseMeasurements {
                    token: lease.token.clone(),
                    measurements: epochs.map(|epoch| story.measurement(epoch)).collect(),
                    ..Default::default()
                });
                stories.push((&lease.token, story));
            }
            Work::Evaluation(work) => {
                let request = v1::CompleteEvaluationRequest {
                    worker_id: worker.id.clone(),
                    token: lease.token.clone(),
                    trials: work.trials.iter().map(agreement).collect(),
                    ..Default::default()
                };
                worker.api.complete_evaluation(request).await.unwrap();
            }
        }
    }
    if !reports.is_empty() {
        let worker_id = worker.id.clone();
        let request = v1::ReportMeasurementsRequest { worker_id, reports };
        worker.api.report_measurements(request).await.unwrap();
    }
    for (token, story) in stories {
        worker.complete_trial(token, story.outcome()).await.unwrap();
    }
}

/// Finishes everything that there is to do, by many workers at once; trials report one epoch in `every`.
pub async fn work_off(workers: Workers, many: usize, every: usize) {
    let mut crew = tokio::task::JoinSet::new();
    for _ in 0..many {
        let mut worker = LightWorker::register(workers.clone(), 16).await;
        crew.spawn(async move {
            loop {
                let leases = worker.acquire(16).await;
                if leases.is_empty() {
                    break;
                }
                finish_all(&mut worker, &leases, every).await;
                worker.held.clear();
            }
        });
    }
    crew.join_all().await;
}
