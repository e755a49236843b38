//! A synthetic sweep for the tests and for a look at the page: 4 tasks x 3 seeds x 8 trials of 30 epochs.
//!
//! It has what real ones have: paths that wrap, a slide into the identity, a failed trial without measurements, a group
//! without labels, a group where everything was excluded. Every number is a formula of (group, trial, epoch).

use super::{GroupCurves, ReportInput, TrialCurve};
use augur_core::{
    leaderboard::{Agreement, Completed, Leaderboard, Provenance, SCHEMA, TaskResult},
    measure::{Histogram, Measures},
    outcome::{Diagnostics, Hyperparameters, Measurement, Outcome, Validation},
    plan::{Group, Method, Plan, TrialSpec},
    select::{Choice, Ended, Entry},
    spec::{Hypergradient, parse},
    state::{Cause, CauseKind},
    time::Timestamp,
};
use std::collections::BTreeMap;

pub const SPEC: &str = "
version: 1
name: fashion-demo
description: Sneakers and trousers turned by a known angle, and two pairs of classes.
data: {fashion_mnist: {size_px: 16}}
tasks:
  - {normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}
  - {normal: trouser, anomaly: {planted: {rotate_deg: 90}}}
  - {normal: sneaker, anomaly: {class: bag}}
  - {normal: shirt, anomaly: {class: trouser}}
families:
  - rotation: {starts: [{angle_deg: 20}, {angle_deg: 75}, {angle_deg: 120}, {angle_deg: 195}, {angle_deg: 255}, {angle_deg: 330}]}
  - cutdiff: {starts: [{area: 0.03, aspect: 1.0, angle_deg: 0}, {area: 0.12, aspect: 2.0, angle_deg: 45}]}
seeds: [0, 1, 2]
";

/// What is held against the method in [`with_variants`].
const VARIANTS: &str = "
variants:
  - {name: first-order, hypergradient: first_order}
  - {name: random-static, families: [{cutdiff: {form: fixed, starts: {random: 3}}}]}
  - {name: random-dynamic, families: [{rotation: {form: random}}]}
  - {name: mean-intensity, baseline: {mean_intensity: {}}}
  - {name: pixel-pca, baseline: {pixel_pca: {components: 16}}}
";

/// The sweep.
pub fn input() -> ReportInput {
    of(SPEC)
}

/// The same with ablations and baselines.
pub fn with_variants() -> ReportInput {
    of(&format!("{SPEC}{VARIANTS}"))
}

/// As many tasks as the paper has, with variants, and trials of so many epochs.
pub fn large(epochs: u32) -> ReportInput {
    let task = |angle: u32| format!("  - {{normal: sneaker, anomaly: {{planted: {{rotate_deg: {angle}}}}}}}\n");
    let tasks: String = (1..=41).map(|i| task(8 * i)).collect();
    let (head, rest) = SPEC.split_once("tasks:\n").unwrap();
    let (_, rest) = rest.split_once("families:").unwrap();
    of(&format!(
        "{head}tasks:\n{tasks}families:{rest}{VARIANTS}training: {{epochs: {epochs}}}\n"
    ))
}

fn of(yaml: &str) -> ReportInput {
    let spec = parse(yaml).unwrap();
    let plan = Plan::new(spec.clone());
    let (tasks, groups) = (0..plan.groups()).map(|index| group(&plan, index)).unzip();
    ReportInput {
        time: Some(super::Time {
            seconds: 400.0,
            trial_seconds: 790.0,
        }),
        leaderboard: Leaderboard {
            schema: SCHEMA,
            merged: vec![],
            criterion: spec.selection.criterion,
            sweep: Provenance {
                id: spec.id(),
                name: spec.name.clone(),
                spec_sha256: spec.sha256(),
                augur: "0.1.0".into(),
                libtorch: "2.13.0".into(),
            },
            tasks,
            early_stopping: None,
        },
        spec,
        groups,
        workers: vec![],
        layout: Default::default(),
        command_line: "augur run configs/demo.yaml --out runs/demo".into(),
        generated_at: Timestamp(1_767_225_600_000),
    }
}

fn group(plan: &Plan, index: u32) -> (TaskResult, GroupCurves) {
    let Group {
        task, seed, variant, ..
    } = plan.group(index);
    let trials: Vec<TrialSpec> = plan.members(index).map(|trial| plan.trial(trial)).collect();
    // The (task, seed), by which the formulas go.
    let index_of_group = index;
    let index = index / u32::try_from(plan.candidates().len()).unwrap();
    let curves: Vec<Vec<Measurement>> = (0u32..)
        .zip(&trials)
        .map(|(i, trial)| course(trial, index, i))
        .collect();
    let ended: Vec<Ended> = trials.iter().zip(&curves).map(|(t, c)| end(t, c, index)).collect();
    let entry = |(spec, ended): (_, _)| Entry {
        trial: TrialSpec::id(spec),
        spec,
        ended,
    };
    let choice = Choice::make(&plan.spec().selection, trials.iter().zip(&ended).map(entry));
    let mut completed = BTreeMap::new();
    let mut agreement = BTreeMap::new();
    for (trial, ended) in trials.iter().zip(&ended) {
        if let Ended::Completed(outcome) = ended {
            if index != 11 {
                let of = agree(outcome, index, plan.candidates().len() > 1);
                let histogram = of.auroc.and_then(histogram);
                agreement.insert(trial.id(), Agreement { histogram, ..of });
            }
            let completed_trial = Completed {
                spec: trial.clone(),
                outcome: outcome.clone(),
                reused_from: None,
                fingerprint: None,
            };
            completed.insert(trial.id(), completed_trial);
        }
    }
    let result = TaskResult::new(&plan.group(index_of_group), &choice, &completed, &agreement);
    let trials = trials.iter().zip(curves).map(|(trial, measurements)| TrialCurve {
        trial: trial.id().to_string(),
        family: trial.method.name().into(),
        initial: trial.method.initial(),
        reused_from: None,
        attempts: Some(1),
        cause: None,
        selected: choice.selected() == Some(trial.id()),
        excluded: choice
            .excluded
            .iter()
            .find(|e| e.trial == trial.id())
            .map(|e| e.reason.clone()),
        measurements,
    });
    let curves = GroupCurves {
        task,
        seed,
        variant,
        trials: trials.collect(),
        pictures: vec![],
    };
    (result, curves)
}

/// The better the losses, the better the scores; a baseline's are so-so. `full` adds intervals and test images.
fn agree(outcome: &Outcome, group: u32, full: bool) -> Agreement {
    let explained = outcome
        .validation
        .map_or(0.2 + 0.04 * f64::from(group % 5), |validation| validation.explained);
    let auroc = (0.62 + 0.39 * explained).min(1.0);
    let measures = |below: f64| {
        let interval = |value: f64| [value - 0.04, (value + 0.03).min(1.0)];
        let [auroc, average_precision, f1_max] = [0.0, 0.02, 0.06].map(|lower| auroc - lower - below);
        Measures {
            auroc,
            auroc_interval: interval(auroc),
            average_precision,
            average_precision_interval: interval(average_precision),
            f1_max,
            f1_max_interval: interval(f1_max),
        }
    };
    match full {
        true => Agreement::of(Some(measures(0.0)), Some(measures(0.01))),
        false => Agreement {
            auroc: Some(auroc),
            average_precision: Some(0.51 + 0.49 * explained),
            ..Agreement::default()
        },
    }
}

/// Scores of 120 normal images and 60 anomalies, the further apart the higher the AUROC.
fn histogram(auroc: f64) -> Option<Histogram> {
    let score = |i: u32| {
        let is_anomaly = i.is_multiple_of(3);
        let noise = (f64::from(i) * 12.9898).sin() * 1.2 + (f64::from(i) * 4.1414).sin();
        (noise + if is_anomaly { 9.0 * (auroc - 0.5) } else { 0.0 }, is_anomaly)
    };
    let (scores, labels): (Vec<f64>, Vec<bool>) = (0..180).map(score).unzip();
    Histogram::of(&scores, &labels).ok()
}

fn course(trial: &TrialSpec, group: u32, index: u32) -> Vec<Measurement> {
    // One trial crashed, and a baseline has no epochs.
    if (group, index) == (4, 5) || matches!(trial.method, Method::Baseline(_)) {
        return Vec::new();
    }
    let measure = |epoch: u32| {
        let hyperparameters = at(trial, group, epoch);
        let noise = (f64::from(epoch * 37 + index * 91 + group * 53)).sin() * 0.008;
        let early = 0.25 * (-f64::from(epoch) / 4.0).exp();
        Measurement {
            epoch,
            training_loss: 0.02 + 0.6 * (-f64::from(epoch) / 6.0).exp(),
            validation_loss: Some(1.03 + 0.14 * distance(trial, group, &hyperparameters) + early + noise),
            hyperparameters,
            hypergradient_norm: (epoch > 3)
                .then(|| 0.3 * (-f64::from(epoch) / 9.0).exp() * (1.2 + (f64::from(epoch * 7 + index)).sin())),
            seconds: f64::from(epoch) * 0.4,
            validation: None,
            diagnostics: None,
        }
    };
    (1..=trial.training.epochs).map(measure).collect()
}

/// The target of a group's task: an angle, or a patch where rotation can't explain the anomalies.
fn target(group: u32) -> f64 {
    [150.0, 90.0, 20.0, 25.0][group as usize / 3 % 4]
}

fn at(trial: &TrialSpec, group: u32, epoch: u32) -> Hyperparameters {
    let pace = match (&trial.method, trial.tuning.hypergradient) {
        (Method::Augmented { family, .. }, _) if !family.form().is_tuned() => f64::INFINITY,
        (_, Hypergradient::FirstOrder) => 60.0,
        _ => 8.0,
    };
    let progress = 1.0 - (-f64::from(epoch.saturating_sub(3)) / pace).exp();
    let start = &trial.method.initial();
    if start.is_empty() {
        return Hyperparameters::new();
    }
    if trial.method.name() == "cutdiff" {
        return BTreeMap::from([
            ("area".into(), start["area"] + (0.06 - start["area"]) * progress),
            (
                "aspect".into(),
                start["aspect"] + (1.4 - start["aspect"]) * progress * 0.6,
            ),
            (
                "angle_deg".into(),
                (start["angle_deg"] - 30.0 * progress).rem_euclid(360.0),
            ),
        ]);
    }
    let angle = start["angle_deg"];
    // Far starts are drawn to the identity, the near ones to the target.
    let away = (target(group) - angle + 180.0).rem_euclid(360.0) - 180.0;
    let goal = if away.abs() < 75.0 {
        away
    } else {
        (180.0 - angle).signum() * -angle.min(360.0 - angle)
    };
    let wobble = (f64::from(epoch * epoch + group)).sin() * 2.5 * progress;
    BTreeMap::from([(
        "angle_deg".into(),
        (angle + goal * 0.96 * progress + wobble).rem_euclid(360.0),
    )])
}

fn distance(trial: &TrialSpec, group: u32, values: &Hyperparameters) -> f64 {
    match (trial.method.name(), group / 3) {
        _ if values.is_empty() => 0.7,
        ("cutdiff", 2) => (values["area"] - 0.06).abs() * 4.0,
        ("cutdiff", _) => 0.9,
        (_, 2) => 1.0,
        _ => {
            let away = (target(group) - values["angle_deg"] + 180.0).rem_euclid(360.0) - 180.0;
            (away.abs() / 90.0).min(1.0)
        }
    }
}

fn end(trial: &TrialSpec, course: &[Measurement], group: u32) -> Ended {
    if let Method::Baseline(_) = trial.method {
        return Ended::Completed(Outcome {
            tuned: Hyperparameters::new(),
            validation: None,
            diagnostics: None,
            scores: vec![0.0; 3],
            test_scores: vec![],
            seconds: 0.4,
        });
    }
    let Some(last) = course.last() else {
        return Ended::Failed(Cause {
            kind: CauseKind::Crashed,
            detail: "signal 11 (SIGSEGV) in epoch 0".into(),
        });
    };
    let tuned = &last.hyperparameters;
    let from_identity = match tuned.get("angle_deg") {
        Some(angle) if tuned.len() == 1 => angle.min(360.0 - angle) / 90.0,
        _ => 1.0,
    };
    let distance = distance(trial, group, tuned) + 0.01 * f64::from(group % 3);
    Ended::Completed(Outcome {
        tuned: tuned.clone(),
        validation: Some(Validation {
            mixture_energy: -0.42 / (1.0 + 4.0 * distance),
            mean_distance: last.validation_loss.unwrap_or(f64::NAN),
            explained: 0.96 / (1.0 + 4.0 * distance),
            anomaly_share: 0.34 / (1.0 + distance),
            score_variance: 8200.0 / (1.0 + distance),
            whitened_cosine: Some(-1.0),
            ..Validation::default()
        }),
        diagnostics: Some(Diagnostics {
            // In the second seed of the last task nothing was told apart.
            training_loss: if group == 10 { 0.69 } else { last.training_loss },
            embedding_scale: 0.8,
            augmentation_distance: from_identity,
        }),
        scores: vec![0.0; 3],
        test_scores: vec![],
        seconds: 11.0 + distance,
    })
}
