//! The evaluation of scores against the labels of real images.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_core::state::CauseKind;
use augur_data::load_labels;
use augur_proto::v1::TrialScores;
use augur_worker::evaluate::evaluate;
use support::{plan, workspace};

fn scores(trial: &str, scores: Vec<f64>) -> TrialScores {
    TrialScores {
        trial: trial.into(),
        scores,
    }
}

#[test]
fn scores_are_held_against_the_labels_of_the_task() {
    let spec = plan(1).trial(0);
    let labels = load_labels(&spec.data, &spec.split, &spec.task, &workspace())
        .unwrap()
        .unwrap();
    let right: Vec<f64> = labels.iter().map(|&anomalous| f64::from(anomalous)).collect();
    let wrong = right.iter().map(|score| -score).collect();
    let trials = vec![
        scores("right", right),
        scores("wrong", wrong),
        scores("blind", vec![0.0; 40]),
    ];
    let found = evaluate(&spec, trials, &workspace()).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|t| (&*t.trial, t.auroc, t.average_precision))
        .collect();
    // Blind scores rank nothing: half of the pairs, and the share of anomalies, 16 of 40.
    assert_eq!(found[0], ("right", Some(1.0), Some(1.0)));
    assert_eq!((found[1].0, found[1].1), ("wrong", Some(0.0)));
    assert_eq!(found[2], ("blind", Some(0.5), Some(0.4)));
}

#[test]
fn scores_of_other_images_are_refused() {
    let spec = plan(1).trial(0);
    let cause = evaluate(&spec, vec![scores("short", vec![0.5; 39])], &workspace()).unwrap_err();
    assert_eq!(cause.kind, CauseKind::BadData);
    assert!(
        cause.detail.contains("short") && cause.detail.contains("39") && cause.detail.contains("40"),
        "{cause}"
    );
}
