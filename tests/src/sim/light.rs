//! Work without libtorch: it takes simulated time, and its results are a function of the trial. Some attempts fail, by draws.

use augur_core::{
    draws::{Purpose, stream},
    outcome::{Diagnostics, Measurement, Outcome, Validation},
    plan::{Method, TrialSpec},
    state::{Cause, CauseKind},
};
use augur_link::{End, Held, Reporter, Work};
use augur_proto::v1::{self, lease};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// Of a hundred attempts at a trial, so many fail on their way, ...
const FAIL: u32 = 6;
/// ... and so many don't hear of an order to leave.
const DEAF: u32 = 5;

/// What a worker invents.
#[derive(Clone)]
pub struct Light {
    /// Takes its measurements.
    pub reporter: Reporter,
    /// An epoch takes half of it to one and a half.
    pub epoch: Duration,
    /// Draws how long things take and what fails.
    pub random: Arc<Mutex<ChaCha8Rng>>,
    /// Whether anything fails by draws.
    pub fails: bool,
    /// Names of the trials whose completion the coordinator has acknowledged.
    pub acknowledged: Arc<Mutex<BTreeSet<String>>>,
}

impl Work for Light {
    type Slot = ();

    async fn work(&self, held: &Held, work: Option<lease::Work>, _slot: &mut ()) -> End {
        match work {
            Some(lease::Work::Trial(work)) => self.trial(held, &work).await,
            Some(lease::Work::Evaluation(work)) => self.evaluation(&work).await,
            None => failed("a lease without work"),
        }
    }

    fn patience(&self, is_trial: bool) -> Duration {
        if is_trial {
            augur_link::CHECKPOINT
        } else {
            Duration::ZERO
        }
    }

    async fn trial_over(&self, name: &str, is_completed: bool) {
        if is_completed {
            lock(&self.acknowledged).insert(name.to_owned());
        }
    }
}

impl Light {
    async fn trial(&self, held: &Held, work: &v1::TrialWork) -> End {
        let Ok(spec) = serde_json::from_str::<TrialSpec>(&work.trial_spec_json) else {
            return failed("a spec that can't be read");
        };
        let (pace, fails, is_deaf) = self.draw(|random| {
            let fails = random.random_range(0..100) < FAIL;
            let epoch = random.random_range(1..=spec.training.epochs);
            let fails = (fails && self.fails).then_some(epoch);
            (random.random_range(0.5..1.5), fails, random.random_range(0..100) < DEAF)
        });
        for epoch in 1..=spec.training.epochs {
            tokio::select! {
                biased;
                () = held.dropped.cancelled() => return End::Dropped,
                () = held.recalled.cancelled(), if !is_deaf => return held.given_back(&format!("after epoch {}", epoch - 1)),
                () = sleep(self.epoch.mul_f64(pace)) => {}
            }
            if fails == Some(epoch) {
                return failed(&format!("drawn to fail in epoch {epoch}"));
            }
            self.reporter
                .add(held.token, measurement(&spec, epoch, work.rungs.contains(&epoch)));
        }
        End::Computed {
            fingerprint: String::new(),
            outcome: Box::new(outcome(&spec)),
        }
    }

    async fn evaluation(&self, work: &v1::EvaluationWork) -> End {
        let (millis, fails) = self.draw(|random| (random.random_range(10..500), random.random_range(0..100) < FAIL));
        sleep(Duration::from_millis(millis)).await;
        if fails && self.fails {
            return failed("an evaluation that was drawn to fail");
        }
        let agreement = |trial: &v1::TrialScores| {
            let mean = trial.scores.iter().sum::<f64>() / trial.scores.len().max(1) as f64;
            v1::TrialAgreement {
                trial: trial.trial.clone(),
                auroc: Some(mean),
                average_precision: Some(mean * mean),
                ..Default::default()
            }
        };
        End::Evaluated {
            trials: work.trials.iter().map(agreement).collect(),
            pictures: Vec::new(),
        }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
        draw(&mut lock(&self.random))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(detail: &str) -> End {
    End::Failed(Cause {
        kind: CauseKind::Crashed,
        detail: detail.to_owned(),
    })
}

fn measurement(spec: &TrialSpec, epoch: u32, is_rung: bool) -> Measurement {
    let (validation, diagnostics) = losses(spec, epoch);
    Measurement {
        epoch,
        training_loss: 0.5 / f64::from(epoch),
        validation_loss: validation.map(|validation| validation.mean_distance),
        hyperparameters: spec.method.initial(),
        hypergradient_norm: None,
        seconds: f64::from(epoch),
        validation: validation.filter(|_| is_rung),
        diagnostics: diagnostics.filter(|_| is_rung),
    }
}

fn outcome(spec: &TrialSpec) -> Outcome {
    let epochs = spec.training.epochs;
    let (validation, diagnostics) = losses(spec, epochs);
    let mut random = stream(spec.seed, &spec.id(), Purpose::Evaluation, 0);
    Outcome {
        tuned: spec.method.initial(),
        validation,
        diagnostics,
        scores: (0..80).map(|_| random.random()).collect(),
        test_scores: Vec::new(),
        seconds: f64::from(epochs),
    }
}

/// What selection and early stopping read of a trial after an epoch; nothing of a baseline.
fn losses(spec: &TrialSpec, epoch: u32) -> (Option<Validation>, Option<Diagnostics>) {
    if matches!(spec.method, Method::Baseline(_)) {
        return (None, None);
    }
    let mut random = stream(spec.seed, &spec.id(), Purpose::Evaluation, u64::from(epoch));
    let validation = Validation {
        mixture_energy: -random.random::<f64>(),
        mean_distance: 1.0 + random.random::<f64>(),
        explained: random.random(),
        anomaly_share: random.random(),
        score_variance: random.random(),
        whitened_cosine: Some(-random.random::<f64>()),
        ..Default::default()
    };
    // One in some is kept out of the choice.
    let diagnostics = Diagnostics {
        training_loss: if random.random_bool(0.1) { 0.7 } else { 0.1 },
        embedding_scale: 1.0,
        augmentation_distance: 0.5,
    };
    (Some(validation), Some(diagnostics))
}
