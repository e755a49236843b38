//! Selection: the lowest validation loss wins, collapsed trials don't, and the seal notices every change.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    halving::Stop,
    id::TrialId,
    outcome::{Diagnostics, Outcome, Validation},
    plan::{Plan, TrialSpec},
    select::{Choice, Criterion, Ended, Entry, SelectionSpec, incomparable},
    spec::{self, ValidationLoss},
    state::{Cause, CauseKind},
};
use std::collections::BTreeMap;

fn outcome(mixture_energy: f64, mean_distance: f64) -> Outcome {
    Outcome {
        tuned: BTreeMap::from([("angle_deg".to_owned(), 150.0)]),
        validation: Some(Validation {
            mixture_energy,
            mean_distance,
            explained: -mixture_energy,
            anomaly_share: 0.3,
            score_variance: 2.0,
            whitened_cosine: Some(-0.5),
            ..Default::default()
        }),
        diagnostics: Some(Diagnostics {
            training_loss: 0.1,
            embedding_scale: 1.0,
            augmentation_distance: 0.8,
        }),
        scores: vec![0.0, 1.0],
        test_scores: vec![],
        seconds: 1.0,
    }
}

fn id(name: &str) -> TrialId {
    TrialId::of(name)
}

/// Some trial; it says nothing about how trials end.
fn trial() -> TrialSpec {
    let text = "\
version: 1
name: one
data: {fashion_mnist: {size_px: 12}}
tasks: [{normal: 7, anomaly: {planted: {rotate_deg: 150}}}]
families: [{rotation: {starts: [{angle_deg: 110}]}}]
seeds: [0]
";
    Plan::new(spec::parse(text).unwrap()).trial(0)
}

/// The choice between trials of one spec.
fn choose(selection: &SelectionSpec, trials: &[(TrialId, Ended)]) -> Choice {
    let spec = trial();
    let entries = trials.iter().map(|(trial, ended)| Entry {
        trial: *trial,
        spec: &spec,
        ended,
    });
    Choice::make(selection, entries)
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
        choose(&spec, &trials).selected()
    };
    assert_eq!(by(Criterion::MixtureEnergy), Some(id("b")));
    assert_eq!(by(Criterion::MeanDistance), Some(id("a")));
    assert_eq!(by(Criterion::AlignedEnergy), Some(id("b")));
    assert_eq!(by(Criterion::AlignedExplained), Some(id("b")));
    assert_eq!(
        by(Criterion::ScoreVariance),
        Some(id("a")),
        "equal losses keep the plan's order"
    );
}

#[test]
fn a_trial_that_learnt_nothing_is_excluded_with_its_reason() {
    let mut identity = outcome(-9.0, 0.1);
    identity.diagnostics.as_mut().unwrap().augmentation_distance = 0.01;
    let mut chance = outcome(-9.0, 0.1);
    chance.diagnostics.as_mut().unwrap().training_loss = 0.69;
    let mut collapsed = outcome(-9.0, 0.1);
    collapsed.diagnostics.as_mut().unwrap().embedding_scale = 1e-6;
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
    let choice = choose(&SelectionSpec::default(), &trials);
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
fn the_only_trial_of_a_random_baseline_is_ranked_whatever_it_learnt() {
    let mut weak = outcome(-0.1, 1.0);
    weak.diagnostics.as_mut().unwrap().augmentation_distance = 0.01;
    let mut spec = trial();
    let selected = |spec: &TrialSpec, ended: &[Ended]| {
        let entry = |ended| Entry {
            trial: id("a"),
            spec,
            ended,
        };
        Choice::make(&SelectionSpec::default(), ended.iter().map(entry)).selected()
    };
    let ended = || Ended::Completed(weak.clone());
    assert_eq!(selected(&spec, &[ended()]), None, "it was tuned");
    spec.tuning.hypergradient = spec::Hypergradient::None;
    assert_eq!(selected(&spec, &[ended()]), Some(id("a")));
    assert_eq!(selected(&spec, &[ended(), ended()]), None, "it could win");
    weak.scores[0] = f64::NAN;
    assert_eq!(selected(&spec, &[Ended::Completed(weak)]), None, "it is no number");
}

#[test]
fn nothing_is_selected_where_nothing_is_left() {
    let failed = Ended::Failed(Cause {
        kind: CauseKind::BadData,
        detail: String::new(),
    });
    assert_eq!(choose(&SelectionSpec::default(), &[(id("a"), failed)]).selected(), None);
}

#[test]
fn the_seal_changes_with_every_part_of_the_choice() {
    let make = |loss| {
        let ended = Ended::Completed(outcome(loss, 1.0));
        choose(&SelectionSpec::default(), &[(id("a"), ended)])
    };
    assert_eq!(make(-0.25).seal(), make(-0.25).seal());
    assert_ne!(
        make(-0.25).seal(),
        make(f64::from_bits((-0.25f64).to_bits() + 1)).seal()
    );
}

#[test]
fn a_trial_without_the_criterions_value_is_kept_out() {
    let selection = SelectionSpec {
        criterion: Criterion::Dsv,
        ..Default::default()
    };
    let choice = choose(&selection, &[(id("a"), Ended::Completed(outcome(-0.1, 1.0)))]);
    assert_eq!(
        choice.excluded[0].reason,
        "comparability: it was run by an augur that doesn't know dsv"
    );
    // A baseline has no validation at all: it is ranked, alone.
    let mut baseline = outcome(0.0, 0.0);
    (baseline.validation, baseline.diagnostics) = (None, None);
    let choice = choose(&selection, &[(id("b"), Ended::Completed(baseline))]);
    assert_eq!(choice.selected(), Some(id("b")));
}

/// Whatever it would have come to: it is the rule that keeps it out, with the rule's words.
#[test]
fn a_stopped_trial_is_kept_out_with_the_reason() {
    let stop = Stop {
        epoch: 4,
        rank: 3,
        among: 4,
        kept: 2,
    };
    let trials = [
        (id("stopped"), Ended::Stopped(stop)),
        (id("good"), Ended::Completed(outcome(-0.1, 1.2))),
    ];
    let choice = choose(&SelectionSpec::default(), &trials);
    assert_eq!(choice.selected(), Some(id("good")));
    assert_eq!(
        choice.excluded[0].reason,
        "stopped: after epoch 4 it ranked 3 of 4, where the first 2 went on"
    );
}

#[test]
fn trials_are_compared_only_where_their_losses_mean_the_same() {
    let one = trial();
    assert_eq!(incomparable(&one, &one), None);
    type Change = fn(&mut TrialSpec);
    let changes: [(Change, &str); 5] = [
        (|t| t.split.seed += 1, "split"),
        (|t| t.tuning.loss = ValidationLoss::Mmd, "validation loss"),
        (
            |t| t.training.normalisation = spec::ImageNormalisation::None,
            "image normalisation",
        ),
        (|t| t.score = spec::Score::Logit, "anomaly score"),
        (|t| t.seed += 1, "seed"),
    ];
    for (change, what) in changes {
        let mut other = one.clone();
        change(&mut other);
        assert_eq!(incomparable(&other, &one), Some(what));
        let (good, better) = (
            Ended::Completed(outcome(-0.1, 1.0)),
            Ended::Completed(outcome(-0.9, 1.0)),
        );
        let entry = |name, spec, ended| Entry {
            trial: id(name),
            spec,
            ended,
        };
        let entries = [entry("a", &one, &good), entry("b", &other, &better)];
        let choice = Choice::make(&SelectionSpec::default(), entries);
        assert_eq!(choice.selected(), Some(id("a")));
        let reason = format!("comparability: its {what} is not that of the group's first trial");
        assert_eq!(choice.excluded[0].reason, reason);
    }
    // Another start of another family on another machine is what is to be compared.
    let mut start = one.clone();
    start.resources.threads += 1;
    assert_eq!(incomparable(&start, &one), None);
}
