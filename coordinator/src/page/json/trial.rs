//! Trials, and what they measured on their way.

use super::{last_part, millis, state};
use augur_proto::v1;
use serde::Serialize;
use std::collections::BTreeMap;

type Hyperparameters = BTreeMap<String, f64>;

#[derive(Serialize)]
pub(in crate::page) struct Trial {
    id: String,
    index: u32,
    task: String,
    seed: String,
    variant: String,
    family: String,
    state: String,
    attempts: u32,
    worker: String,
    cause: Option<Cause>,
    initial: Hyperparameters,
    /// Empty until it completed.
    tuned: Hyperparameters,
    validation_loss: Option<f64>,
    seconds: Option<f64>,
    updated: Option<i64>,
    reused_from: String,
    stopped_epoch: Option<u32>,
}

#[derive(Serialize)]
struct Cause {
    kind: String,
    detail: String,
}

impl From<v1::Trial> for Trial {
    fn from(of: v1::Trial) -> Self {
        let cause = |cause: v1::Cause| Cause {
            kind: state(cause.kind().as_str_name(), "CAUSE_KIND_").replace('_', " "),
            detail: cause.detail,
        };
        Self {
            id: last_part(&of.name),
            state: state(of.state().as_str_name(), "TRIAL_STATE_"),
            seconds: of.outcome.as_ref().map(|outcome| outcome.seconds),
            tuned: of.outcome.map(|outcome| outcome.tuned).unwrap_or_default(),
            index: of.index,
            task: of.task,
            seed: of.seed.to_string(),
            variant: of.variant,
            family: of.family,
            attempts: of.attempts,
            worker: last_part(&of.worker),
            cause: of.cause.map(cause),
            initial: of.initial,
            validation_loss: of.validation_loss,
            updated: millis(of.update_time),
            reused_from: of.reused_from,
            stopped_epoch: of.stopped_epoch,
        }
    }
}

/// A trial with its losses, its scores and its epochs.
#[derive(Serialize)]
pub(in crate::page) struct WholeTrial {
    #[serde(flatten)]
    trial: Trial,
    validation: Option<Validation>,
    diagnostics: Option<Diagnostics>,
    /// Anomaly scores of the validation images, without labels.
    scores: Vec<f64>,
    measurements: Vec<Measurement>,
}

impl WholeTrial {
    pub fn new(mut of: v1::Trial, measurements: Vec<v1::Measurement>) -> Self {
        let outcome = of.outcome.as_mut();
        let scores = outcome.map(|outcome| std::mem::take(&mut outcome.scores));
        let outcome = of.outcome.as_ref();
        Self {
            validation: outcome.and_then(|outcome| outcome.validation).map(Into::into),
            diagnostics: outcome.and_then(|outcome| outcome.diagnostics).map(Into::into),
            scores: scores.unwrap_or_default(),
            measurements: measurements.into_iter().map(Into::into).collect(),
            trial: of.into(),
        }
    }
}

#[derive(Serialize)]
struct Validation {
    mixture_energy: f64,
    mean_distance: f64,
    explained: f64,
    anomaly_share: f64,
    score_variance: f64,
    whitened_cosine: Option<f64>,
    dsv: Option<f64>,
    mmd: Option<f64>,
    shift_p_value: Option<f64>,
}

impl From<v1::Validation> for Validation {
    fn from(of: v1::Validation) -> Self {
        Self {
            mixture_energy: of.mixture_energy,
            mean_distance: of.mean_distance,
            explained: of.explained,
            anomaly_share: of.anomaly_share,
            score_variance: of.score_variance,
            whitened_cosine: of.whitened_cosine,
            dsv: of.dsv,
            mmd: of.mmd,
            shift_p_value: of.shift_p_value,
        }
    }
}

#[derive(Serialize)]
struct Diagnostics {
    training_loss: f64,
    embedding_scale: f64,
    augmentation_distance: f64,
}

impl From<v1::Diagnostics> for Diagnostics {
    fn from(of: v1::Diagnostics) -> Self {
        Self {
            training_loss: of.training_loss,
            embedding_scale: of.embedding_scale,
            augmentation_distance: of.augmentation_distance,
        }
    }
}

#[derive(Serialize)]
struct Measurement {
    epoch: u32,
    training_loss: f64,
    validation_loss: Option<f64>,
    hyperparameters: Hyperparameters,
    hypergradient_norm: Option<f64>,
    seconds: f64,
}

impl From<v1::Measurement> for Measurement {
    fn from(of: v1::Measurement) -> Self {
        Self {
            epoch: of.epoch,
            training_loss: of.training_loss,
            validation_loss: of.validation_loss,
            hyperparameters: of.hyperparameters,
            hypergradient_norm: of.hypergradient_norm,
            seconds: of.seconds,
        }
    }
}
