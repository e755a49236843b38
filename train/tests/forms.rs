//! A whole trial in each form of a family, and of a composition: what is tuned, what stays, and that it repeats.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use augur_core::outcome::{Hyperparameters, Measurement, Outcome};
use augur_core::plan::{Method, Plan, TrialSpec};
use augur_core::spec;
use augur_data::{Images, TaskImages};
use augur_train::trial::{Control, Ended, TrialError, run};

const SIDE: usize = 10;

/// Grey images with a bright bar; in those of `dark` a corner is black.
fn images(indices: std::ops::Range<usize>, dark: usize) -> Images {
    let value = |image: usize, pixel: usize| {
        let noise = (((image * 997 + pixel * 31) * 2_654_435_761) >> 9) % 1000;
        let (row, column) = (pixel / SIDE, pixel % SIDE);
        let bar = if row.abs_diff(image % 4 + 3) < 2 { 0.6 } else { 0.2 };
        let hidden = image % 3 < dark && row < 5 && column < 5;
        if hidden { 0.0 } else { bar + noise as f32 / 3000.0 }
    };
    let count = indices.len();
    Images {
        data: indices
            .flat_map(|image| (0..SIDE * SIDE).map(move |pixel| value(image, pixel)))
            .collect(),
        count,
        channels: 1,
        height: SIDE,
        width: SIDE,
    }
}

fn task() -> TaskImages {
    TaskImages {
        train: images(0..64, 0),
        held_out: images(100..116, 0),
        validation: images(200..230, 1),
        test: Images::default(),
    }
}

fn trial_spec(family: &str) -> TrialSpec {
    let yaml = format!(
        "version: 1
name: forms
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: 0, anomaly: {{class: 1}}}}]
families: [{family}]
seeds: [0]
detector: {{tiny: {{width: 4}}}}
training: {{epochs: 2, batch: 16}}
tuning: {{warmup_epochs: 0, validation_batch: 16}}
resources: {{threads: 1, device: cpu}}
"
    );
    Plan::new(spec::parse(&yaml).unwrap()).trial(0)
}

fn complete(spec: &TrialSpec) -> (Vec<Measurement>, Outcome) {
    let mut measurements = Vec::new();
    let mut report = |measurement: Measurement| {
        measurements.push(measurement);
        Control::Continue
    };
    let Ended::Completed(outcome, _) = run(spec, &task(), Path::new("."), &mut report).unwrap() else {
        panic!("was stopped")
    };
    (measurements, outcome)
}

fn initial(spec: &TrialSpec) -> &Hyperparameters {
    let Method::Augmented { initial, .. } = &spec.method else {
        panic!("a baseline")
    };
    initial
}

/// How far each hyperparameter went, the least and the most.
fn moved(spec: &TrialSpec, outcome: &Outcome) -> (f64, f64) {
    let initial = initial(spec);
    assert!(
        initial.keys().eq(outcome.tuned.keys()),
        "{initial:?} {:?}",
        outcome.tuned
    );
    let by = initial.iter().map(|(name, value)| (value - outcome.tuned[name]).abs());
    by.fold((f64::INFINITY, 0.0), |(least, most), by| (least.min(by), most.max(by)))
}

#[test]
fn what_is_tuned_moves() {
    let tuned = [
        "cutdiff: {starts: [{area: 0.05, aspect: 1.2, angle_deg: 30}]}",
        "cutpaste: {form: distribution, starts: {grid: 1}}",
        "scar: {form: distribution, source: self, starts: {grid: 1}}",
        "elastic: {starts: {grid: 1}}",
        "brightness_contrast: {form: distribution, starts: {random: 1}}",
    ];
    for family in tuned {
        let spec = trial_spec(&format!("{{{family}}}"));
        let (measurements, outcome) = complete(&spec);
        assert!(moved(&spec, &outcome).0 > 1e-9, "{family}: {:?}", outcome.tuned);
        assert!(measurements.iter().all(|m| m.hypergradient_norm.is_some()), "{family}");
        assert_eq!(outcome.scores, complete(&spec).1.scores, "{family}");
    }
}

#[test]
fn a_composition_is_tuned_with_its_weights() {
    let spec =
        trial_spec("{compose: {parts: [cutdiff: {}, noise: {form: distribution}, blur: {}], starts: {sobol: 1}}}");
    let (_, outcome) = complete(&spec);
    // The weights of a start needn't sum to 1: only shares are told.
    let shares: f64 = outcome
        .tuned
        .iter()
        .filter(|(name, _)| name.starts_with("weight."))
        .map(|(_, w)| w)
        .sum();
    assert!((shares - 1.0).abs() < 1e-5, "{:?}", outcome.tuned);
    assert!(moved(&spec, &outcome).0 > 1e-9);
    assert_eq!(outcome.scores, complete(&spec).1.scores);
}

#[test]
fn what_is_fixed_stays() {
    let spec = trial_spec("{cutpaste: {form: fixed, starts: {random: 1}}}");
    let (measurements, outcome) = complete(&spec);
    // Single precision, there and back.
    assert!(
        moved(&spec, &outcome).1 < 1e-3,
        "{:?} {:?}",
        initial(&spec),
        outcome.tuned
    );
    assert!(measurements.iter().all(|m| m.hypergradient_norm.is_none()));
}

#[test]
fn what_is_random_has_no_hyperparameters() {
    let compose = "compose: {form: random, parts: [cutdiff: {}, noise: {}]}";
    for family in [
        "cutdiff: {form: random, mode: blend}",
        "rotation: {form: random}",
        compose,
    ] {
        let spec = trial_spec(&format!("{{{family}}}"));
        let (measurements, outcome) = complete(&spec);
        assert!(outcome.tuned.is_empty() && measurements.iter().all(|m| m.hypergradient_norm.is_none()));
        assert_eq!(outcome.scores, complete(&spec).1.scores, "{family}");
    }
}

#[test]
fn hue_on_grey_images_fails_with_its_reason() {
    let mut spec = trial_spec("{blur: {starts: {grid: 1}}}");
    spec.method = Method::Augmented {
        family: spec::FamilySpec::HueSaturation(spec::HueSaturationSpec::default()),
        initial: Hyperparameters::from([("hue_deg".to_owned(), 30.0), ("saturation".to_owned(), 2.0)]),
    };
    let error = run(&spec, &task(), Path::new("."), &mut |_| Control::Continue).unwrap_err();
    let TrialError::Start(reason) = error else {
        panic!("{error}")
    };
    assert!(reason.to_string().contains("colour"), "{reason}");
}
