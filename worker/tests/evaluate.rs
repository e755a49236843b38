//! The evaluation of scores against the labels of real images.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_core::{spec::Count, state::CauseKind};
use augur_data::load_labels;
use augur_proto::v1::{Picture, TrialScores};
use augur_worker::evaluate::evaluate;
use support::{plan, workspace};

fn scores(trial: &str, scores: Vec<f64>) -> TrialScores {
    TrialScores {
        trial: trial.into(),
        scores,
        test_scores: vec![],
    }
}

#[test]
fn scores_are_held_against_the_labels_of_the_task() {
    let spec = plan(1).trial(0);
    let labels = load_labels(&spec.data, &spec.split, &spec.task, &workspace())
        .unwrap()
        .unwrap()
        .validation;
    let right: Vec<f64> = labels.iter().map(|&anomalous| f64::from(anomalous)).collect();
    let wrong = right.iter().map(|score| -score).collect();
    let trials = vec![
        scores("right", right),
        scores("wrong", wrong),
        scores("blind", vec![0.0; 40]),
    ];
    let agreements = evaluate(&spec, trials, &mut [], &workspace()).unwrap();
    let found: Vec<_> = agreements
        .iter()
        .map(|t| (&*t.trial, t.auroc, t.average_precision))
        .collect();
    assert!(
        agreements.iter().all(|t| t.test.is_none()),
        "the split has no test images"
    );
    // Blind scores rank nothing: half of the pairs, and the share of anomalies, 16 of 40.
    assert_eq!(found[0], ("right", Some(1.0), Some(1.0)));
    assert_eq!((found[1].0, found[1].1), ("wrong", Some(0.0)));
    assert_eq!(found[2], ("blind", Some(0.5), Some(0.4)));
    for agreement in &agreements {
        let histogram = agreement.histogram.as_ref().unwrap();
        let [normal, anomalous] = [&histogram.normal, &histogram.anomalous].map(|counts| counts.iter().sum::<u32>());
        assert_eq!((normal, anomalous), (24, 16));
    }
}

#[test]
fn pictures_of_validation_images_get_their_labels() {
    let spec = plan(1).trial(0);
    let labels = load_labels(&spec.data, &spec.split, &spec.task, &workspace())
        .unwrap()
        .unwrap()
        .validation;
    let picture = |(image, score)| Picture {
        image,
        score,
        ..Picture::default()
    };
    let mut pictures: Vec<_> = (0..40).map(|image| picture((image, Some(0.5)))).collect();
    // A training image has no label, whatever its place.
    pictures.push(picture((3, None)));
    evaluate(&spec, vec![], &mut pictures, &workspace()).unwrap();
    let found: Vec<_> = pictures.iter().map(|picture| picture.anomalous).collect();
    let expected = labels.into_iter().map(Some).chain([None]);
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn scores_of_other_images_are_refused() {
    let spec = plan(1).trial(0);
    let cause = evaluate(&spec, vec![scores("short", vec![0.5; 39])], &mut [], &workspace()).unwrap_err();
    assert_eq!(cause.kind, CauseKind::BadData);
    assert!(
        cause.detail.contains("short") && cause.detail.contains("39") && cause.detail.contains("40"),
        "{cause}"
    );
}

#[test]
fn test_images_have_measures_of_their_own() {
    let mut spec = plan(1).trial(0);
    spec.split.test_normal = Some(Count::Number(15));
    spec.split.test_anomalous = Some(Count::Number(5));
    let labels = load_labels(&spec.data, &spec.split, &spec.task, &workspace())
        .unwrap()
        .unwrap();
    let of = |labels: &[bool], sign: f64| labels.iter().map(|&y| sign * f64::from(y)).collect();
    let trial = TrialScores {
        trial: "both".into(),
        scores: of(&labels.validation, 1.0),
        test_scores: of(&labels.test, -1.0),
    };
    let evaluate = |trial| evaluate(&spec, vec![trial], &mut [], &workspace());
    let found = &evaluate(trial.clone()).unwrap()[0];
    let test = found.test.unwrap();
    assert_eq!((found.auroc, test.auroc), (Some(1.0), 0.0));
    // Everything called an anomaly is all that such scores allow: precision 5 of 20, recall 1.
    assert_eq!((found.f1_max, test.f1_max), (Some(1.0), 0.4));
    let interval = found.auroc_interval.unwrap();
    assert_eq!((interval.low, interval.high), (1.0, 1.0));
    let cause = evaluate(TrialScores {
        test_scores: vec![],
        ..trial
    });
    assert!(cause.unwrap_err().detail.contains("test images"));
}
