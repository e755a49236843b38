//! A small leaderboard chosen again, from its stored losses and from embeddings.

use super::*;
use crate::failure::Exit;
use augur_core::{
    id::{SweepId, TrialId},
    leaderboard::{Candidate, Provenance, SCHEMA, TaskResult},
    outcome::Validation,
    spec::METHOD,
};
use safetensors::{Dtype, serialize_to_file, tensor::TensorView};
use std::collections::BTreeMap;
use std::fs;

/// A candidate with its (mixture energy, mean distance, AUROC).
fn candidate(name: &str, (mixture_energy, mean_distance, auroc): (f64, f64, Option<f64>)) -> Candidate {
    Candidate {
        trial: TrialId::of(name),
        family: name.into(),
        initial: BTreeMap::new(),
        tuned: BTreeMap::new(),
        val_loss: Some(mixture_energy),
        validation: Some(Validation {
            mixture_energy,
            mean_distance,
            ..Validation::default()
        }),
        auroc,
        average_precision: auroc,
        f1_max: None,
        auroc_interval: None,
        average_precision_interval: None,
        f1_max_interval: None,
        test: None,
        seconds: 1.0,
        reused_from: None,
        fingerprint: None,
    }
}

fn result(task: &str, candidates: Vec<Candidate>) -> TaskResult {
    TaskResult {
        task: task.into(),
        seed: 0,
        variant: METHOD.into(),
        selected: candidates.first().cloned(),
        candidates,
        excluded: vec![],
        seal: "5ea1".into(),
        histogram: None,
        early_stopping: None,
    }
}

fn board() -> Leaderboard {
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
            result(
                "first",
                vec![
                    candidate("right", (-0.5, 1.2, Some(0.9))),
                    candidate("wrong", (-0.1, 1.0, Some(0.5))),
                ],
            ),
            result(
                "second",
                vec![candidate("a", (-0.3, 1.0, None)), candidate("b", (-0.2, 1.1, None))],
            ),
            result("alone", vec![candidate("only", (-0.3, 1.0, Some(0.7)))]),
        ],
    }
}

#[test]
fn each_criterion_chooses_and_pays() {
    let replay = Replay::of(
        &board(),
        &[Criterion::MeanDistance, Criterion::MixtureEnergy, Criterion::Dsv],
    );
    assert_eq!(replay.groups.len(), 2, "one candidate is no choice");
    let [mean, mixture] = &replay.groups[0].choices[..] else {
        panic!("no candidate has a DSV: {replay:?}");
    };
    assert_eq!((mean.family.as_str(), mean.same_as_sealed), ("wrong", false));
    assert_eq!((mean.auroc, mean.auroc_lost), (Some(0.5), Some(0.4)));
    assert_eq!((mixture.family.as_str(), mixture.same_as_sealed), ("right", true));
    assert_eq!(replay.groups[0].random_auroc, Some(0.7));
    let unlabelled = &replay.groups[1];
    assert_eq!((unlabelled.best_auroc, unlabelled.choices[0].auroc_lost), (None, None));
    let [mean, mixture, dsv] = &replay.summary[..] else {
        panic!("one for each criterion: {replay:?}");
    };
    assert_eq!(
        (mean.groups, mean.same_as_sealed, mean.mean_auroc_lost),
        (2, 1, Some(0.4))
    );
    assert_eq!((mixture.same_as_sealed, mixture.mean_auroc), (2, Some(0.9)));
    assert_eq!((dsv.groups, dsv.mean_auroc), (0, None));
}

#[test]
fn a_replay_reads_well() {
    let replay = Replay::of(&board(), &[Criterion::MixtureEnergy, Criterion::MeanDistance]);
    insta::assert_snapshot!("select_table", table::to_table(&replay, 100));
    let csv = table::to_csv(&replay).unwrap();
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.lines().nth(2).unwrap().contains("mean_distance"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&table::to_json(&replay).unwrap()).unwrap();
    assert_eq!(json["groups"][0]["choices"][1]["auroc_lost"], 0.4);
}

#[test]
fn criteria_are_named_with_hyphens_too() {
    assert_eq!(criterion("mean-distance"), Ok(Criterion::MeanDistance));
    assert_eq!(criterion("score_variance"), Ok(Criterion::ScoreVariance));
    assert!(criterion("luck").unwrap_err().contains("whitened-cosine"));
}

/// Embeddings in two dimensions: normal images about 0, anomalies and augmented images moved along an axis.
fn save(folder: &Path, name: &str, axis: usize) {
    let rows = |n: usize, axis: usize, by: f32, phase: f32| -> Vec<u8> {
        let row = |i: usize| {
            let angle = phase + i as f32;
            let mut row = [angle.sin(), (1.3 * angle).cos()];
            row[axis] += by;
            row
        };
        (0..n).flat_map(row).flat_map(f32::to_le_bytes).collect()
    };
    let validation = [rows(20, 0, 0.0, 0.3), rows(10, 0, 4.0, 0.7)].concat();
    let scores: Vec<u8> = (0..30).flat_map(|i| f64::from(i).to_le_bytes()).collect();
    let data = [
        ("z_train", vec![30, 2], rows(30, 0, 0.0, 0.1)),
        ("z_held_out", vec![20, 2], rows(20, 0, 0.0, 0.2)),
        ("z_augmented", vec![20, 2], rows(20, axis, 4.0, 0.2)),
        ("z_validation", vec![30, 2], validation),
        ("scores", vec![30], scores),
    ];
    let tensors = data.iter().map(|(name, shape, bytes)| {
        let dtype = if *name == "scores" { Dtype::F64 } else { Dtype::F32 };
        (*name, TensorView::new(dtype, shape.clone(), bytes).unwrap())
    });
    let folder = folder.join(TrialId::of(name).to_string());
    fs::create_dir_all(&folder).unwrap();
    serialize_to_file(tensors, None, &folder.join("embeddings.safetensors")).unwrap();
}

#[test]
fn saved_embeddings_give_every_criterion() {
    let folder = tempfile::tempdir().unwrap();
    for (name, axis) in [("right", 0), ("wrong", 1), ("a", 1), ("b", 0), ("only", 0)] {
        save(&folder.path().join(board().sweep.id.to_string()), name, axis);
    }
    let mut board = board();
    embeddings::validate_again(&mut board, folder.path()).unwrap();
    let criteria = [
        Criterion::MixtureEnergy,
        Criterion::WhitenedCosine,
        Criterion::AlignedEnergy,
        Criterion::AlignedExplained,
        Criterion::Dsv,
        Criterion::Mmd,
        Criterion::MeanDistance,
    ];
    let replay = Replay::of(&board, &criteria);
    for (group, best) in replay.groups.iter().zip(["right", "b"]) {
        let chosen: Vec<_> = group.choices.iter().map(|choice| choice.family.as_str()).collect();
        assert_eq!(chosen, [best; 7], "{}", group.task);
    }
    let validation = board.tasks[0].candidates[0].validation.unwrap();
    assert!(validation.shift_p_value.unwrap() < 0.05, "{validation:?}");
    assert_eq!(validation.score_variance, (30.0 * 30.0 - 1.0) / 12.0);
}

#[test]
fn missing_embeddings_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let failure = embeddings::validate_again(&mut board(), folder.path()).unwrap_err();
    assert_eq!(failure.exit, Exit::BadData);
    let text = failure.to_string();
    assert!(
        text.contains("embeddings.safetensors") && text.contains("can't be read"),
        "{text}"
    );
}

#[test]
fn a_folder_of_results_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leaderboard.json");
    assert_eq!(results::read_leaderboard(&path).unwrap_err().exit, Exit::NotFound);
    fs::write(&path, serde_json::to_string(&board()).unwrap()).unwrap();
    assert_eq!(results::read_leaderboard(&path).unwrap(), board());
}
