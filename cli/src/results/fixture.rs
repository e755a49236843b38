//! A small leaderboard: two seeds of one task that agree, one task whose seeds differ, one without a choice.

use augur_core::{
    id::{SweepId, TrialId},
    leaderboard::{Candidate, Leaderboard, Provenance, SCHEMA, TaskResult},
    measure::Measures,
    outcome::{Hyperparameters, Validation},
    select::{Criterion, Excluded},
    spec::METHOD,
};

fn candidate(trial: &str, family: &str, initial: &Hyperparameters, tuned: &Hyperparameters, loss: f64) -> Candidate {
    Candidate {
        trial: TrialId::of(trial),
        family: family.into(),
        initial: initial.clone(),
        tuned: tuned.clone(),
        val_loss: Some(loss),
        validation: Some(Validation {
            mixture_energy: loss,
            mean_distance: 1.05,
            explained: 0.9,
            anomaly_share: 1.0 / 3.0,
            score_variance: 12.5,
            ..Validation::default()
        }),
        auroc: Some(0.998),
        average_precision: Some(0.991),
        f1_max: None,
        auroc_interval: None,
        average_precision_interval: None,
        f1_max_interval: None,
        test: None,
        seconds: 8.25,
        reused_from: None,
        fingerprint: None,
    }
}

fn angle(degrees: f64) -> Hyperparameters {
    Hyperparameters::from([("angle_deg".into(), degrees)])
}

fn patch(degrees: f64) -> Hyperparameters {
    Hyperparameters::from([
        ("angle_deg".into(), degrees),
        ("area".into(), 0.0512),
        ("aspect".into(), 1.25),
    ])
}

fn result(task: &str, seed: u64, candidates: Vec<Candidate>, excluded: Vec<Excluded>) -> TaskResult {
    TaskResult {
        task: task.into(),
        seed,
        variant: METHOD.into(),
        selected: candidates.first().cloned(),
        candidates,
        excluded,
        seal: "5ea1".into(),
        histogram: None,
        early_stopping: None,
    }
}

pub fn leaderboard() -> Leaderboard {
    let turned = |seed: u64, degrees| {
        let trial = format!("turned {seed}");
        let second = candidate(&format!("{trial}, patch"), "cutdiff", &patch(0.0), &patch(3.5), -0.02);
        let candidates = vec![
            candidate(&trial, "rotation", &angle(110.0), &angle(degrees), -0.125),
            second,
        ];
        result("sneaker-rotated-150", seed, candidates, vec![])
    };
    let mut unlabelled = candidate("pair 0", "cutdiff", &patch(45.0), &patch(41.25), -0.0625);
    (unlabelled.auroc, unlabelled.average_precision) = (None, None);
    let other = candidate("pair 1", "rotation", &angle(20.0), &angle(-12.0), -0.05);
    let reason = "identity: augmented images differ from their originals by 0.010".to_owned();
    Leaderboard {
        schema: SCHEMA,
        merged: vec![],
        criterion: Criterion::MixtureEnergy,
        sweep: Provenance {
            id: SweepId::of("demo", "00"),
            name: "demo".into(),
            spec_sha256: "00".into(),
            augur: "0.1.0".into(),
            libtorch: "2.13.0".into(),
        },
        early_stopping: None,
        tasks: vec![
            turned(0, 149.0),
            turned(1, 152.0),
            result("t-shirt-vs-ankle-boot", 0, vec![unlabelled], vec![]),
            result("t-shirt-vs-ankle-boot", 1, vec![other], vec![]),
            result(
                "bag-vs-coat",
                0,
                vec![],
                vec![Excluded {
                    trial: TrialId::of("bag"),
                    reason,
                }],
            ),
        ],
    }
}

/// The same with two variants of each task and seed: a baseline, which has no losses, and a form that is drawn. Its
/// measures have intervals, and there are test images.
pub fn with_variants() -> Leaderboard {
    let mut board = leaderboard();
    let methods = std::mem::take(&mut board.tasks);
    for (i, mut method) in methods.into_iter().enumerate() {
        let name = format!("{} {}", method.task, method.seed);
        let none = Hyperparameters::new();
        let mut baseline = candidate(&format!("{name} intensity"), "mean_intensity", &none, &none, 0.0);
        (baseline.val_loss, baseline.validation) = (None, None);
        let mut random = candidate(&format!("{name} random"), "cutdiff", &none, &none, -0.01);
        for (j, candidate) in [&mut baseline, &mut random].into_iter().enumerate() {
            let below = 0.1 * (1 + j) as f64 + 0.01 * i as f64;
            candidate.auroc = Some(0.998 - below);
            candidate.average_precision = Some(0.991 - below);
        }
        for candidate in method.candidates.iter_mut().chain([&mut baseline, &mut random]) {
            measured(candidate);
        }
        method.selected = method.candidates.first().cloned();
        let (task, seed) = (method.task.clone(), method.seed);
        let variant = |name: &str, candidate| TaskResult {
            variant: name.into(),
            ..result(&task, seed, vec![candidate], vec![])
        };
        let variants = [variant("mean-intensity", baseline), variant("random-dynamic", random)];
        board.tasks.push(method);
        board.tasks.extend(variants);
    }
    board
}

/// Adds what comes with labels: the best F1, intervals, and the same on test images.
fn measured(candidate: &mut Candidate) {
    let Some((auroc, average_precision)) = candidate.auroc.zip(candidate.average_precision) else {
        return;
    };
    let interval = |value: f64| [value - 0.03, value + 0.002];
    candidate.f1_max = Some(auroc - 0.04);
    candidate.auroc_interval = Some(interval(auroc));
    candidate.average_precision_interval = Some(interval(average_precision));
    candidate.f1_max_interval = Some(interval(auroc - 0.04));
    candidate.test = Some(Measures {
        auroc: auroc - 0.01,
        auroc_interval: interval(auroc - 0.01),
        average_precision: average_precision - 0.01,
        average_precision_interval: interval(average_precision - 0.01),
        f1_max: auroc - 0.05,
        f1_max_interval: interval(auroc - 0.05),
    });
}
