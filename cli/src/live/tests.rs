//! Frames of each page, and what keys do.

use super::{
    draw,
    fetch::{Answer, Verb},
    palette::Palette,
    state::{Page, State, Wish},
};
use crate::watch::View;
use augur_core::spec::METHOD;
use augur_proto::v1::{self, watch_sweep_response::Event};
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

fn message(event: Event) -> v1::WatchSweepResponse {
    v1::WatchSweepResponse {
        revision: 1,
        event: Some(event),
    }
}

fn angle(degrees: f64) -> BTreeMap<String, f64> {
    BTreeMap::from([("angle_deg".to_owned(), degrees)])
}

fn trial(index: u32, state: v1::TrialState) -> v1::Trial {
    let validation = v1::Validation {
        mixture_energy: -0.125 * f64::from(index),
        ..Default::default()
    };
    v1::Trial {
        name: format!("sweeps/s/trials/t{index}"),
        index,
        task: "sneaker-rotated-0".into(),
        variant: METHOD.into(),
        family: "rotation".into(),
        initial: angle(110.0 + f64::from(index)),
        state: state.into(),
        attempts: 1,
        worker: "workers/w".into(),
        cause: (state == v1::TrialState::Failed).then(|| v1::Cause {
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

/// Two groups; of the first, one trial of each state.
fn view() -> View {
    let group = |index: u32, state: v1::GroupState| v1::Group {
        index,
        task: format!("sneaker-rotated-{index}"),
        variant: METHOD.into(),
        state: state.into(),
        trials_total: 4,
        trials_completed: 1,
        trials_failed: 1,
        best_val_loss: Some(-0.125),
        best_trial: "t1".into(),
        ..Default::default()
    };
    let sweep = v1::Sweep {
        name: "sweeps/s".into(),
        display_name: "demo".into(),
        state: v1::SweepState::Running.into(),
        criterion: "mixture_energy".into(),
        progress: Some(v1::Progress {
            trials_total: 8,
            trials_completed: 2,
            trials_running: 1,
            trials_pending: 3,
            trials_failed: 2,
            groups_total: 2,
            groups_done: 1,
            epochs_per_trial: 30,
            workers_connected: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut view = View::new(Instant::now());
    let groups = vec![group(0, v1::GroupState::Searching), group(1, v1::GroupState::Done)];
    let snapshot = v1::Snapshot {
        sweep: Some(sweep),
        groups,
    };
    view.apply(message(Event::Snapshot(snapshot)));
    view.apply(message(Event::Trial(trial(1, v1::TrialState::Completed))));
    view.apply(message(Event::Trial(trial(2, v1::TrialState::Running))));
    view
}

fn measured(index: u32) -> v1::TrialMeasurements {
    let measurements = (1..=10).map(|epoch| v1::Measurement {
        epoch,
        training_loss: 0.5,
        validation_loss: Some(1.0 / f64::from(epoch + index)),
        hyperparameters: angle(110.0 + 4.0 * f64::from(epoch)),
        ..Default::default()
    });
    v1::TrialMeasurements {
        trial: format!("t{index}"),
        attempt: 1,
        measurements: measurements.collect(),
    }
}

fn state() -> State {
    let mut state = State::default();
    let worker = |host: &str, worker_state: v1::WorkerState| v1::Worker {
        host: host.into(),
        slots: 2,
        leases: 1,
        state: worker_state.into(),
        last_heartbeat_time: Some(prost_types::Timestamp { seconds: 57, nanos: 0 }),
        ..Default::default()
    };
    state.take(Answer::Workers(vec![
        worker("bench-1", v1::WorkerState::Connected),
        worker("gone", v1::WorkerState::Left),
        worker("bench-2", v1::WorkerState::Lost),
    ]));
    state.news.tell("sneaker-rotated-0 seed 0: rotation failed".into());
    state
}

/// What the terminal shows, in so many columns and rows.
fn frame(view: &View, state: &mut State, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let now: (Instant, SystemTime) = (Instant::now(), UNIX_EPOCH + Duration::from_secs(60));
    terminal
        .draw(|frame| draw::draw(frame, view, state, &Palette::of(false), now))
        .unwrap();
    terminal.backend().to_string()
}

fn press(state: &mut State, view: &View, code: KeyCode) -> Wish {
    state.key(KeyEvent::new(code, KeyModifiers::NONE), view)
}

/// A state in which the group's trials are there.
fn opened(view: &View) -> State {
    let mut state = state();
    press(&mut state, view, KeyCode::Down);
    assert_eq!(press(&mut state, view, KeyCode::Enter), Wish::Look);
    state.take(trials());
    state
}

/// Those of the first group, one of each state.
fn trials() -> Answer {
    let states = [
        v1::TrialState::Pending,
        v1::TrialState::Completed,
        v1::TrialState::Running,
        v1::TrialState::Failed,
    ];
    let trials = (0..).zip(states).map(|(index, state)| trial(index, state)).collect();
    Answer::Trials(0, trials, vec![measured(1), measured(2)])
}

#[test]
fn the_overview_has_groups_workers_and_news() {
    insta::assert_snapshot!(frame(&view(), &mut state(), (120, 24)));
}

#[test]
fn the_page_for_browsers_is_named_where_there_is_room() {
    let mut state = state();
    state.web_page = Some("http://127.0.0.1:40123/".into());
    let footer = |state: &mut State, width| {
        let frame = frame(&view(), state, (width, 12));
        frame.lines().last().unwrap().trim_matches('"').to_owned()
    };
    assert_eq!(
        footer(&mut state, 80),
        "↑↓ group   ⏎ trials   q leave   p pause   c cancel   page http://127.0.0.1:40123"
    );
    assert!(!footer(&mut state, 79).contains("page"), "the keys come first");
    press(&mut state, &view(), KeyCode::Down);
    press(&mut state, &view(), KeyCode::Enter);
    let footer = footer(&mut state, 100);
    assert!(
        footer.ends_with("page http://127.0.0.1:40123"),
        "on every page: {footer}"
    );
}

#[test]
fn in_a_small_window_the_groups_stay() {
    insta::assert_snapshot!(frame(&view(), &mut state(), (70, 12)));
}

#[test]
fn a_group_has_its_trials() {
    let view = view();
    let mut state = state();
    press(&mut state, &view, KeyCode::Down);
    press(&mut state, &view, KeyCode::Enter);
    // The frame in which the trials are not there yet.
    frame(&view, &mut state, (140, 14));
    state.take(trials());
    assert_eq!(state.trials.selected(), Some(0));
    insta::assert_snapshot!(frame(&view, &mut state, (140, 14)));
}

#[test]
fn a_trial_has_its_curve_and_the_paths_of_its_hyperparameters() {
    let view = view();
    let mut state = opened(&view);
    press(&mut state, &view, KeyCode::Down);
    assert_eq!(press(&mut state, &view, KeyCode::Enter), Wish::Look);
    assert_eq!(state.page, Page::Trial(0, "t1".into()));
    let log = ["begins: process 7, threads 1", "resumes after epoch 3, step 24"].map(|text| v1::LogLine {
        text: text.into(),
        ..Default::default()
    });
    let log = v1::ListLogLinesResponse {
        attempt: 1,
        lines: log.into(),
    };
    state.take(Answer::Log("t1".into(), log));
    insta::assert_snapshot!(frame(&view, &mut state, (110, 34)));
    press(&mut state, &view, KeyCode::Down);
    assert_eq!(state.page, Page::Trial(0, "t2".into()), "the next one");
    press(&mut state, &view, KeyCode::Esc);
    assert_eq!(state.page, Page::Trials(0));
    press(&mut state, &view, KeyCode::Esc);
    assert_eq!(state.page, Page::Overview);
}

#[test]
fn cancelling_and_leaving_are_asked_for_and_pausing_is_not() {
    let view = view();
    let mut state = state();
    assert_eq!(press(&mut state, &view, KeyCode::Char('p')), Wish::Say(Verb::Pause));
    assert_eq!(press(&mut state, &view, KeyCode::Char('c')), Wish::Nothing);
    assert!(frame(&view, &mut state, (100, 12)).contains("Cancel the sweep for good?"));
    assert_eq!(press(&mut state, &view, KeyCode::Char('n')), Wish::Nothing);
    press(&mut state, &view, KeyCode::Char('c'));
    assert_eq!(press(&mut state, &view, KeyCode::Char('y')), Wish::Say(Verb::Cancel));
    press(&mut state, &view, KeyCode::Char('q'));
    assert_eq!(press(&mut state, &view, KeyCode::Char('y')), Wish::Leave);
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(state.key(interrupt, &view), Wish::Leave);
}

#[test]
fn answers_for_a_page_that_was_left_are_dropped() {
    let view = view();
    let mut state = opened(&view);
    press(&mut state, &view, KeyCode::Esc);
    let before = state.group_trials.len();
    state.take(Answer::Trials(0, Vec::new(), Vec::new()));
    assert_eq!(state.group_trials.len(), before);
}
