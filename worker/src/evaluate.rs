//! Evaluation: how the scores of a sealed group agree with the labels.
//!
//! The only place of the worker, and of augur, that reads labels. It runs after the coordinator has sealed the choice,
//! in the worker's main process, which trains nothing.

use augur_core::{
    draws::{Purpose, shared_stream},
    leaderboard::Agreement,
    measure::{Histogram, Measures},
    plan::TrialSpec,
    state::{Cause, CauseKind},
};
use augur_data::{Labels, load_labels};
use augur_proto::v1::{Picture, TrialAgreement, TrialScores};
use std::path::Path;

/// The agreement of each trial's scores with the labels of the task that `spec` names: over the validation images and
/// over the test images, where their labels are known. Those labels go to the `pictures` of validation images too.
///
/// # Errors
/// Labels that can't be read, and scores that don't fit them.
pub fn evaluate(
    spec: &TrialSpec,
    trials: Vec<TrialScores>,
    pictures: &mut [Picture],
    base_dir: &Path,
) -> Result<Vec<TrialAgreement>, Cause> {
    let labels =
        load_labels(&spec.data, &spec.split, &spec.task, base_dir).map_err(|error| bad_data(error.to_string()))?;
    let of_validation = labels.as_ref().map_or(&[][..], |labels| &labels.validation);
    for picture in pictures.iter_mut().filter(|picture| picture.score.is_some()) {
        picture.anomalous = of_validation.get(picture.image as usize).copied();
    }
    let agreement = |trial: TrialScores| {
        let agreement = labels
            .as_ref()
            .map_or(Ok(Agreement::default()), |labels| agree(spec.seed, &trial, labels))?;
        Ok(TrialAgreement::new(trial.trial, agreement))
    };
    trials.into_iter().map(agreement).collect()
}

fn agree(seed: u64, trial: &TrialScores, labels: &Labels) -> Result<Agreement, Cause> {
    let measures = |images: &str, scores: &[f64], labels: &[bool], step| {
        // Labels of one class rank nothing.
        if !(labels.contains(&true) && labels.contains(&false)) {
            return Ok(None);
        }
        let mut draws = shared_stream(seed, &trial.trial, Purpose::Bootstrap, step);
        Measures::of(scores, labels, &mut draws).map(Some).map_err(|error| {
            bad_data(format!(
                "the scores of trial {} don't fit the labels of the {images} images: {error}",
                trial.trial
            ))
        })
    };
    let agreement = Agreement::of(
        measures("validation", &trial.scores, &labels.validation, 0)?,
        measures("test", &trial.test_scores, &labels.test, 1)?,
    );
    Ok(Agreement {
        // Of labels of one class too; scores that don't fit labels of both were refused above.
        histogram: Histogram::of(&trial.scores, &labels.validation).ok(),
        ..agreement
    })
}

fn bad_data(detail: String) -> Cause {
    Cause {
        kind: CauseKind::BadData,
        detail,
    }
}
