//! The quality of choices whose right answer is known.

use super::{Design, Overall, quality};
use crate::results::fixture;
use augur_core::{
    id::TrialId,
    leaderboard::{Candidate, Leaderboard, TaskResult},
    outcome::Hyperparameters,
    select::Criterion,
};

/// Mixture energy, mean distance and AUROC of a candidate.
type Judged = (f64, f64, f64);

/// Groups (task, seed) with their candidates, best mixture energy first; the n-th candidates of all groups began at the same
/// place.
fn board(groups: &[(&str, u64, &[Judged])]) -> Leaderboard {
    let mut board = fixture::leaderboard();
    let template = board.tasks[0].clone();
    let group = |&(task, seed, candidates): &(&str, u64, &[Judged])| {
        let candidates: Vec<Candidate> = (0..)
            .zip(candidates)
            .map(|(i, &(energy, distance, auroc))| {
                let mut candidate = template.candidates[0].clone();
                candidate.trial = TrialId::of(&format!("{task} {seed} {i}"));
                candidate.initial = Hyperparameters::from([("angle_deg".into(), f64::from(i))]);
                (candidate.val_loss, candidate.auroc) = (Some(energy), Some(auroc));
                let validation = candidate.validation.as_mut().unwrap();
                (validation.mixture_energy, validation.mean_distance) = (energy, distance);
                candidate
            })
            .collect();
        TaskResult {
            task: task.into(),
            seed,
            selected: candidates.first().cloned(),
            candidates,
            ..template.clone()
        }
    };
    board.tasks = groups.iter().map(group).collect();
    board
}

fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-12, "{got}, not {want}");
}

#[test]
fn regret_and_correlation_by_hand() {
    let board = board(&[
        (
            "a",
            0,
            &[(-4.0, 1.0, 0.9), (-3.0, 1.1, 0.8), (-2.0, 1.2, 0.7), (-1.0, 1.3, 0.6)],
        ),
        (
            "b",
            0,
            &[(-4.0, 1.3, 0.6), (-3.0, 1.2, 0.7), (-2.0, 1.1, 0.8), (-1.0, 1.0, 0.9)],
        ),
    ]);
    let found = quality(&board).unwrap();
    let Overall {
        selected,
        oracle,
        random,
        regret,
        gain,
        wins,
        correlation,
    } = &found.overall;
    for (got, want) in [
        (selected, 0.75),
        (oracle, 0.9),
        (random, 0.75),
        (regret, 0.15),
        (gain, 0.0),
        (wins, 0.5),
        (&correlation.unwrap().spearman, 0.0),
    ] {
        near(got.value, want);
    }
    let tasks: Vec<f64> = found
        .tasks
        .iter()
        .map(|task| task.correlation.unwrap().kendall.value)
        .collect();
    assert_eq!(tasks, [-1.0, 1.0]);
    // By mean distance the best of both would have been chosen.
    let other = found
        .selectors
        .iter()
        .find(|selector| selector.criterion == "mean_distance")
        .unwrap();
    assert_eq!((other.same, other.groups, other.sealed), (1, 2, false));
    near(other.overall.regret.value, 0.0);
    near(other.overall.wins.value, 1.0);
    assert!(found.selectors[0].sealed && found.selectors[0].criterion == "mixture_energy");
    // Nothing of one seed tells starts and seeds apart.
    assert_eq!(found.spread, None);
}

#[test]
fn starts_and_seeds_are_told_apart() {
    let start = |seed: f64| [(-2.0, 1.0, 0.8 + seed), (-1.0, 1.0, 0.6 + seed)];
    let board = board(&[("a", 0, &start(0.0)), ("a", 1, &start(0.05)), ("a", 2, &start(0.1))]);
    let spread = quality(&board).unwrap().spread.unwrap();
    assert_eq!((spread.design, spread.tasks, spread.values), (Design::Crossed, 1, 6));
    near(spread.components.start, 0.02);
    near(spread.components.seed, 0.0025);
    near(spread.components.rest.unwrap(), 0.0);
    // Other starts for each seed.
    let mut nested = board;
    for result in &mut nested.tasks {
        for candidate in &mut result.candidates {
            candidate.initial.insert("area".into(), result.seed as f64);
        }
    }
    let spread = quality(&nested).unwrap().spread.unwrap();
    assert_eq!((spread.design, spread.components.rest), (Design::Nested, None));
    near(spread.components.start, 0.02);
}

#[test]
fn without_labels_or_a_choice_nothing_is_said() {
    let mut unlabelled = board(&[("a", 0, &[(-2.0, 1.0, 0.9), (-1.0, 1.0, 0.8)])]);
    assert!(quality(&unlabelled).is_some());
    unlabelled.tasks[0].candidates[1].auroc = None;
    assert_eq!(quality(&unlabelled), None);
    assert_eq!(quality(&board(&[("a", 0, &[(-2.0, 1.0, 0.9)])])), None);
    assert_eq!(quality(&board(&[])), None);
}

#[test]
fn the_same_board_gives_the_same_intervals() {
    let candidates = [
        (-4.0, 1.0, 0.9),
        (-3.0, 1.1, 0.7),
        (-2.0, 1.2, 0.8),
        (-1.0, 1.3, 0.6),
        (-0.5, 1.3, 0.65),
    ];
    let board = board(&[("a", 0, &candidates), ("b", 0, &candidates), ("c", 0, &candidates[1..])]);
    let found = quality(&board).unwrap();
    assert_eq!(found, quality(&board).unwrap());
    let interval = found.tasks[0].correlation.unwrap().spearman.interval.unwrap();
    assert!(interval[0] < -0.8 && -0.8 < interval[1], "{interval:?}");
    assert_eq!(board.criterion, Criterion::MixtureEnergy);
}
