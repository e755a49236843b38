//! A small leaderboard: two seeds of one task that agree, one task whose seeds differ, one without a choice.

use augur_core::{
    id::{SweepId, TrialId},
    leaderboard::{Candidate, Leaderboard, Provenance, SCHEMA, TaskResult},
    outcome::{Hyperparameters, Validation},
    select::{Criterion, Excluded},
};

fn candidate(trial: &str, family: &str, initial: &Hyperparameters, tuned: &Hyperparameters, loss: f64) -> Candidate {
    Candidate {
        trial: TrialId::of(trial),
        family: family.into(),
        initial: initial.clone(),
        tuned: tuned.clone(),
        val_loss: loss,
        validation: Validation {
            mixture_energy: loss,
            mean_distance: 1.05,
            explained: 0.9,
            anomaly_share: 1.0 / 3.0,
            score_variance: 12.5,
        },
        auroc: Some(0.998),
        average_precision: Some(0.991),
        seconds: 8.25,
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
        selected: candidates.first().cloned(),
        candidates,
        excluded,
        seal: "5ea1".into(),
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
        criterion: Criterion::MixtureEnergy,
        sweep: Provenance {
            id: SweepId::of("demo", "00"),
            name: "demo".into(),
            spec_sha256: "00".into(),
            augur: "0.1.0".into(),
            libtorch: "2.13.0".into(),
        },
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
