//! What both screens say of the same events.

use super::{Screen, lines::Lines};
use crate::watch::{Change, View};
use augur_core::spec::METHOD;
use augur_proto::v1::{self, watch_sweep_response::Event};
use std::{collections::BTreeMap, time::Instant};

fn group(index: u32, state: v1::GroupState) -> v1::Group {
    v1::Group {
        index,
        task: format!("sneaker-rotated-{index}"),
        variant: METHOD.into(),
        state: state.into(),
        trials_total: 3,
        ..Default::default()
    }
}

fn view(groups: Vec<v1::Group>) -> View {
    let progress = v1::Progress {
        trials_total: 6,
        trials_completed: 1,
        trials_running: 2,
        trials_pending: 3,
        groups_total: 2,
        epochs_per_trial: 30,
        ..Default::default()
    };
    let sweep = v1::Sweep {
        display_name: "demo".into(),
        criterion: "mixture_energy".into(),
        progress: Some(progress),
        ..Default::default()
    };
    let mut view = View::new(Instant::now());
    let snapshot = v1::Snapshot {
        sweep: Some(sweep),
        groups,
    };
    view.apply(message(Event::Snapshot(snapshot)));
    view
}

fn message(event: Event) -> v1::WatchSweepResponse {
    v1::WatchSweepResponse {
        revision: 1,
        event: Some(event),
    }
}

fn trial(state: v1::TrialState) -> v1::Trial {
    let angle = |degrees| BTreeMap::from([("angle_deg".to_owned(), degrees)]);
    let validation = v1::Validation {
        mixture_energy: -0.125,
        ..Default::default()
    };
    v1::Trial {
        name: "sweeps/s/trials/t".into(),
        task: "sneaker-rotated-0".into(),
        variant: METHOD.into(),
        family: "rotation".into(),
        initial: angle(110.0),
        state: state.into(),
        attempts: 1,
        cause: Some(v1::Cause {
            detail: "killed by signal 9".into(),
            ..Default::default()
        }),
        outcome: (state == v1::TrialState::Completed).then(|| v1::Outcome {
            tuned: angle(148.25),
            validation: Some(validation),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[test]
fn lines_tell_each_change_once() {
    let mut view = view(vec![
        group(0, v1::GroupState::Searching),
        group(1, v1::GroupState::Searching),
    ]);
    let mut out = Vec::new();
    let mut lines = Lines::new(&mut out);
    lines.show(&view, &Change::Snapshot);
    lines.tick(&view);
    lines.tick(&view);
    for state in [
        v1::TrialState::Running,
        v1::TrialState::Pending,
        v1::TrialState::Completed,
        v1::TrialState::Failed,
    ] {
        let change = view.apply(message(Event::Trial(trial(state)))).unwrap();
        lines.show(&view, &change);
    }
    let done = v1::Group {
        best_val_loss: Some(-0.125),
        best_trial: "t".into(),
        ..group(0, v1::GroupState::Done)
    };
    let change = view.apply(message(Event::Group(done))).unwrap();
    lines.show(&view, &change);
    let text = String::from_utf8(out).unwrap();
    insta::with_settings!({ filters => [(r"\[\d\d:\d\d\]", "[clock]")] }, { insta::assert_snapshot!(text) });
}

#[test]
fn what_holds_the_sweep_up_is_told_as_it_begins_and_as_it_ends() {
    let mut view = view(vec![group(0, v1::GroupState::Searching)]);
    let mut out = Vec::new();
    let mut lines = Lines::new(&mut out);
    for trouble in ["", "the disk is full", "the disk is full", "", ""] {
        let progress = v1::Progress {
            trouble: trouble.into(),
            ..view.progress.clone()
        };
        let change = view.apply(message(Event::Bookmark(progress))).unwrap();
        lines.show(&view, &change);
    }
    let text = String::from_utf8(out).unwrap();
    let said: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("] "))
        .map(|(_, said)| said)
        .collect();
    assert_eq!(
        said,
        [
            "sweep demo is held up: the disk is full; nothing is lost, workers keep what they have",
            "sweep demo goes on"
        ]
    );
}

/// A group and a trial of a baseline, which has no hyperparameters and no losses.
fn baseline(state: v1::GroupState) -> (v1::Group, v1::Trial) {
    let group = v1::Group {
        task: "sneaker-rotated-0".into(),
        variant: "intensity".into(),
        trials_total: 1,
        trials_completed: 1,
        ..group(1, state)
    };
    let trial = v1::Trial {
        name: "sweeps/s/trials/b".into(),
        group: 1,
        variant: "intensity".into(),
        family: "mean_intensity".into(),
        initial: BTreeMap::new(),
        outcome: Some(v1::Outcome::default()),
        ..trial(v1::TrialState::Completed)
    };
    (group, trial)
}

#[test]
fn variants_are_named_and_baselines_have_no_loss() {
    let (group_1, trial_1) = baseline(v1::GroupState::Searching);
    let mut view = view(vec![group(0, v1::GroupState::Searching), group_1]);
    let mut out = Vec::new();
    let mut lines = Lines::new(&mut out);
    let events = [
        Event::Trial(trial(v1::TrialState::Completed)),
        Event::Trial(trial_1),
        Event::Group(baseline(v1::GroupState::Done).0),
    ];
    for event in events {
        let change = view.apply(message(event)).unwrap();
        lines.show(&view, &change);
    }
    let text = String::from_utf8(out).unwrap();
    insta::with_settings!({ filters => [(r"\[\d\d:\d\d\]", "[clock]")] }, { insta::assert_snapshot!(text) });
}

#[test]
fn a_pause_is_told_with_its_reason_and_what_to_do() {
    let mut view = view(vec![group(0, v1::GroupState::Searching)]);
    let paused = |trials_running| v1::Sweep {
        state: v1::SweepState::Paused.into(),
        pause_reason: "3 trials in a row failed".into(),
        progress: Some(v1::Progress {
            trials_running,
            ..view.progress.clone()
        }),
        ..view.sweep.clone()
    };
    let [busy, idle] = [2, 0].map(paused);
    let mut out = Vec::new();
    let mut lines = Lines::new(&mut out);
    let change = view.apply(message(Event::Sweep(busy))).unwrap();
    lines.show(&view, &change);
    assert!(!view.is_idle(), "two trials run on");
    view.apply(message(Event::Sweep(idle)));
    assert!(view.is_idle() && !view.is_final());
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.ends_with("sweep demo is paused: 3 trials in a row failed; `augur resume demo` goes on\n"),
        "{text}"
    );
}
