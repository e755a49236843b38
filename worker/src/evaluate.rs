//! Evaluation: how the scores of a sealed group agree with the labels.
//!
//! The only place of the worker, and of augur, that reads labels. It runs after the coordinator has sealed the choice,
//! in the worker's main process, which trains nothing.

use augur_core::{
    leaderboard::Agreement,
    measure::{auroc, average_precision},
    plan::TrialSpec,
    state::{Cause, CauseKind},
};
use augur_data::load_labels;
use augur_proto::v1::{TrialAgreement, TrialScores};
use std::path::Path;

/// The agreement of each trial's scores with the labels of the task that `spec` names.
///
/// # Errors
/// Labels that can't be read, and scores that don't fit them.
pub fn evaluate(spec: &TrialSpec, trials: Vec<TrialScores>, base_dir: &Path) -> Result<Vec<TrialAgreement>, Cause> {
    let labels =
        load_labels(&spec.data, &spec.split, &spec.task, base_dir).map_err(|error| bad_data(error.to_string()))?;
    let agreement = |trial: TrialScores| {
        let agreement = labels
            .as_deref()
            .map_or(Ok(Agreement::default()), |labels| agree(&trial, labels))?;
        Ok(TrialAgreement {
            trial: trial.trial,
            auroc: agreement.auroc,
            average_precision: agreement.average_precision,
        })
    };
    trials.into_iter().map(agreement).collect()
}

fn agree(trial: &TrialScores, labels: &[bool]) -> Result<Agreement, Cause> {
    let unfit = |error| {
        bad_data(format!(
            "the scores of trial {} don't fit the labels: {error}",
            trial.trial
        ))
    };
    Ok(Agreement {
        auroc: Some(auroc(&trial.scores, labels).map_err(unfit)?),
        average_precision: Some(average_precision(&trial.scores, labels).map_err(unfit)?),
    })
}

fn bad_data(detail: String) -> Cause {
    Cause {
        kind: CauseKind::BadData,
        detail,
    }
}
