//! Selection: the lowest validation loss wins, collapsed trials don't, and the seal notices every change.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    id::TrialId,
    outcome::{Diagnostics, Outcome, Validation},
    select::{Choice, Criterion, Ended, SelectionSpec},
    state::{Cause, CauseKind},
};
use std::collections::BTreeMap;

fn outcome(mixture_energy: f64, mean_distance: f64) -> Outcome {
    Outcome {
        tuned: BTreeMap::from([("angle_deg".to_owned(), 150.0)]),
        validation: Validation {
            mixture_energy,
            mean_distance,
            explained: 0.5,
            anomaly_share: 0.3,
            score_variance: 2.0,
        },
        diagnostics: Diagnostics {
            training_loss: 0.1,
            embedding_scale: 1.0,
            augmentation_distance: 0.8,
        },
        scores: vec![0.0, 1.0],
        seconds: 1.0,
    }
}

fn id(name: &str) -> TrialId {
    TrialId::of(name)
}

#[test]
fn the_lowest_loss_under_the_criterion_wins() {
    let trials = [
        (id("a"), Ended::Completed(outcome(-0.1, 1.0))),
        (id("b"), Ended::Completed(outcome(-0.5, 1.3))),
    ];
    let by = |criterion| {
        let spec = SelectionSpec {
            criterion,
            ..Default::default()
        };
        Choice::make(&spec, trials.iter().map(|(trial, ended)| (*trial, ended))).selected()
    };
    assert_eq!(by(Criterion::MixtureEnergy), Some(id("b")));
    assert_eq!(by(Criterion::MeanDistance), Some(id("a")));
    assert_eq!(
        by(Criterion::ScoreVariance),
        Some(id("a")),
        "equal losses keep the plan's order"
    );
}

#[test]
fn a_trial_that_learnt_nothing_is_excluded_with_its_reason() {
    let mut identity = outcome(-9.0, 0.1);
    identity.diagnostics.augmentation_distance = 0.01;
    let mut chance = outcome(-9.0, 0.1);
    chance.diagnostics.training_loss = 0.69;
    let mut collapsed = outcome(-9.0, 0.1);
    collapsed.diagnostics.embedding_scale = 1e-6;
    let mut infinite = outcome(-9.0, 0.1);
    infinite.scores[0] = f64::INFINITY;
    let trials = [
        (id("identity"), Ended::Completed(identity)),
        (id("chance"), Ended::Completed(chance)),
        (id("collapsed"), Ended::Completed(collapsed)),
        (id("infinite"), Ended::Completed(infinite)),
        (
            id("dead"),
            Ended::Failed(Cause {
                kind: CauseKind::Crashed,
                detail: "SIGSEGV".into(),
            }),
        ),
        (id("good"), Ended::Completed(outcome(-0.1, 1.2))),
    ];
    let choice = Choice::make(
        &SelectionSpec::default(),
        trials.iter().map(|(trial, ended)| (*trial, ended)),
    );
    assert_eq!(choice.selected(), Some(id("good")));
    assert_eq!(choice.ranking.len(), 1);
    let reasons: Vec<_> = choice
        .excluded
        .iter()
        .map(|e| e.reason.split(':').next().unwrap())
        .collect();
    assert_eq!(reasons, ["identity", "collapse", "collapse", "numerical", "failed"]);
    assert_eq!(
        choice.excluded[4].reason, "failed: crashed",
        "no detail that another run would not have"
    );
}

#[test]
fn nothing_is_selected_where_nothing_is_left() {
    let failed = Ended::Failed(Cause {
        kind: CauseKind::BadData,
        detail: String::new(),
    });
    assert_eq!(
        Choice::make(&SelectionSpec::default(), [(id("a"), &failed)]).selected(),
        None
    );
}

#[test]
fn the_seal_changes_with_every_part_of_the_choice() {
    let make = |loss| {
        let ended = Ended::Completed(outcome(loss, 1.0));
        Choice::make(&SelectionSpec::default(), [(id("a"), &ended)])
    };
    assert_eq!(make(-0.25).seal(), make(-0.25).seal());
    assert_ne!(
        make(-0.25).seal(),
        make(f64::from_bits((-0.25f64).to_bits() + 1)).seal()
    );
}
