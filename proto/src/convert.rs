//! Conversions between the messages of `augur.v1` and the types of `augur_core`.
//!
//! Core to message never fails; message to core fails where a field is missing or isn't what it should be.

use crate::v1;
use augur_core::{
    id::TrialId,
    leaderboard::{self, Leaderboard, Provenance},
    outcome,
    select::{self, Criterion},
    state::{Cause, CauseKind},
    time::Timestamp,
};
use thiserror::Error;

mod agreement;
mod picture;
mod stopping;

/// A message that lacks a field or has one of the wrong form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("field `{field}` {problem}")]
pub struct Malformed {
    /// Which.
    pub field: &'static str,
    /// "is missing", "is not a UUID", ...
    pub problem: &'static str,
}

fn missing(field: &'static str) -> Malformed {
    Malformed {
        field,
        problem: "is missing",
    }
}

fn parse<T: std::str::FromStr>(text: &str, field: &'static str, problem: &'static str) -> Result<T, Malformed> {
    text.parse().map_err(|_| Malformed { field, problem })
}

impl From<outcome::Measurement> for v1::Measurement {
    fn from(m: outcome::Measurement) -> Self {
        Self {
            epoch: m.epoch,
            training_loss: m.training_loss,
            validation_loss: m.validation_loss,
            hyperparameters: m.hyperparameters,
            hypergradient_norm: m.hypergradient_norm,
            seconds: m.seconds,
            validation: m.validation.map(Into::into),
            diagnostics: m.diagnostics.map(Into::into),
        }
    }
}

impl From<v1::Measurement> for outcome::Measurement {
    fn from(m: v1::Measurement) -> Self {
        Self {
            epoch: m.epoch,
            training_loss: m.training_loss,
            validation_loss: m.validation_loss,
            hyperparameters: m.hyperparameters,
            hypergradient_norm: m.hypergradient_norm,
            seconds: m.seconds,
            validation: m.validation.map(Into::into),
            diagnostics: m.diagnostics.map(Into::into),
        }
    }
}

impl From<outcome::Validation> for v1::Validation {
    fn from(v: outcome::Validation) -> Self {
        Self {
            mixture_energy: v.mixture_energy,
            mean_distance: v.mean_distance,
            explained: v.explained,
            anomaly_share: v.anomaly_share,
            score_variance: v.score_variance,
            whitened_cosine: v.whitened_cosine,
            dsv: v.dsv,
            mmd: v.mmd,
            shift_p_value: v.shift_p_value,
        }
    }
}

impl From<v1::Validation> for outcome::Validation {
    fn from(v: v1::Validation) -> Self {
        Self {
            mixture_energy: v.mixture_energy,
            mean_distance: v.mean_distance,
            explained: v.explained,
            anomaly_share: v.anomaly_share,
            score_variance: v.score_variance,
            whitened_cosine: v.whitened_cosine,
            dsv: v.dsv,
            mmd: v.mmd,
            shift_p_value: v.shift_p_value,
        }
    }
}

impl From<outcome::Diagnostics> for v1::Diagnostics {
    fn from(d: outcome::Diagnostics) -> Self {
        Self {
            training_loss: d.training_loss,
            embedding_scale: d.embedding_scale,
            augmentation_distance: d.augmentation_distance,
        }
    }
}

impl From<v1::Diagnostics> for outcome::Diagnostics {
    fn from(d: v1::Diagnostics) -> Self {
        Self {
            training_loss: d.training_loss,
            embedding_scale: d.embedding_scale,
            augmentation_distance: d.augmentation_distance,
        }
    }
}

impl From<outcome::Outcome> for v1::Outcome {
    fn from(o: outcome::Outcome) -> Self {
        Self {
            tuned: o.tuned,
            validation: o.validation.map(Into::into),
            diagnostics: o.diagnostics.map(Into::into),
            scores: o.scores,
            seconds: o.seconds,
            test_scores: o.test_scores,
        }
    }
}

impl From<v1::Outcome> for outcome::Outcome {
    fn from(o: v1::Outcome) -> Self {
        Self {
            tuned: o.tuned,
            validation: o.validation.map(Into::into),
            diagnostics: o.diagnostics.map(Into::into),
            scores: o.scores,
            test_scores: o.test_scores,
            seconds: o.seconds,
        }
    }
}

impl From<CauseKind> for v1::CauseKind {
    fn from(kind: CauseKind) -> Self {
        match kind {
            CauseKind::WorkerLost => Self::WorkerLost,
            CauseKind::Crashed => Self::Crashed,
            CauseKind::OutOfMemory => Self::OutOfMemory,
            CauseKind::BadData => Self::BadData,
            CauseKind::Numerical => Self::Numerical,
            CauseKind::Preempted => Self::Preempted,
            CauseKind::Cancelled => Self::Cancelled,
            CauseKind::Deadline => Self::Deadline,
        }
    }
}

impl From<Cause> for v1::Cause {
    fn from(cause: Cause) -> Self {
        Self {
            kind: v1::CauseKind::from(cause.kind).into(),
            detail: cause.detail,
        }
    }
}

impl TryFrom<v1::Cause> for Cause {
    type Error = Malformed;
    fn try_from(cause: v1::Cause) -> Result<Self, Malformed> {
        let kind = match cause.kind() {
            v1::CauseKind::Unspecified => return Err(missing("cause.kind")),
            v1::CauseKind::WorkerLost => CauseKind::WorkerLost,
            v1::CauseKind::Crashed => CauseKind::Crashed,
            v1::CauseKind::OutOfMemory => CauseKind::OutOfMemory,
            v1::CauseKind::BadData => CauseKind::BadData,
            v1::CauseKind::Numerical => CauseKind::Numerical,
            v1::CauseKind::Preempted => CauseKind::Preempted,
            v1::CauseKind::Cancelled => CauseKind::Cancelled,
            v1::CauseKind::Deadline => CauseKind::Deadline,
        };
        Ok(Self {
            kind,
            detail: cause.detail,
        })
    }
}

impl From<leaderboard::TaskResult> for v1::TaskResult {
    fn from(t: leaderboard::TaskResult) -> Self {
        Self {
            task: t.task,
            seed: t.seed,
            variant: t.variant,
            selected: t.selected.map(Into::into),
            candidates: t.candidates.into_iter().map(Into::into).collect(),
            excluded: t
                .excluded
                .into_iter()
                .map(|e| v1::Excluded {
                    trial: e.trial.to_string(),
                    reason: e.reason,
                })
                .collect(),
            seal: t.seal,
            histogram: t.histogram.map(Into::into),
            early_stopping: t.early_stopping.map(Into::into),
        }
    }
}

impl TryFrom<v1::TaskResult> for leaderboard::TaskResult {
    type Error = Malformed;
    fn try_from(t: v1::TaskResult) -> Result<Self, Malformed> {
        let excluded = |e: v1::Excluded| {
            let trial: TrialId = parse(&e.trial, "excluded.trial", "is not a UUID")?;
            Ok(select::Excluded {
                trial,
                reason: e.reason,
            })
        };
        Ok(Self {
            task: t.task,
            seed: t.seed,
            variant: t.variant,
            selected: t.selected.map(TryInto::try_into).transpose()?,
            candidates: t
                .candidates
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
            excluded: t.excluded.into_iter().map(excluded).collect::<Result<_, _>>()?,
            seal: t.seal,
            histogram: t.histogram.as_ref().map(TryInto::try_into).transpose()?,
            early_stopping: t.early_stopping.map(TryInto::try_into).transpose()?,
        })
    }
}

impl From<Leaderboard> for v1::Leaderboard {
    fn from(l: Leaderboard) -> Self {
        Self {
            schema: l.schema,
            criterion: l.criterion.name().to_owned(),
            sweep_id: l.sweep.id.to_string(),
            sweep_name: l.sweep.name,
            spec_sha256: l.sweep.spec_sha256,
            augur_version: l.sweep.augur,
            libtorch_version: l.sweep.libtorch,
            tasks: l.tasks.into_iter().map(Into::into).collect(),
            early_stopping: l.early_stopping.map(Into::into),
        }
    }
}

impl TryFrom<v1::Leaderboard> for Leaderboard {
    type Error = Malformed;
    fn try_from(l: v1::Leaderboard) -> Result<Self, Malformed> {
        let criterion = Criterion::ALL
            .into_iter()
            .find(|criterion| criterion.name() == l.criterion)
            .ok_or(Malformed {
                field: "criterion",
                problem: "is not known to this build",
            })?;
        Ok(Self {
            schema: l.schema,
            criterion,
            sweep: Provenance {
                id: parse(&l.sweep_id, "sweep_id", "is not a UUID")?,
                name: l.sweep_name,
                spec_sha256: l.spec_sha256,
                augur: l.augur_version,
                libtorch: l.libtorch_version,
            },
            // A coordinator's leaderboard is of one sweep; clients merge.
            merged: vec![],
            tasks: l.tasks.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            early_stopping: l.early_stopping.map(Into::into),
        })
    }
}

/// A moment as a protobuf timestamp.
pub fn to_timestamp(at: Timestamp) -> prost_types::Timestamp {
    let millis = at.0;
    // rem_euclid(1000) lies in 0..1000, so the nanoseconds fit.
    let nanos = (millis.rem_euclid(1000) * 1_000_000) as i32;
    prost_types::Timestamp {
        seconds: millis.div_euclid(1000),
        nanos,
    }
}
