//! A slot and its child process: the protocol, reuse, and every way of dying.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_core::{
    outcome::{Measurement, Outcome},
    picture::{MediaType, PictureKind},
    plan::TrialSpec,
    spec::DataSpec,
    state::CauseKind,
};
use augur_worker::slot::{
    Ended, Heard, Orders, Slot,
    protocol::{Computed, Done, Draw, Drawn, Run},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustix::process::Signal;
use std::process::{Command, Stdio};
use support::{is_alive, plan, program, signal, wait_for, workspace};

const EPOCHS: u32 = 3;
/// Longer than any test waits: a trial that only ends when it is killed.
const ENDLESS: u32 = 1_000_000;

fn slot() -> Slot {
    Slot::new(0, program(), None)
}

fn run(spec: TrialSpec) -> Run {
    Run {
        spec,
        base_dir: workspace(),
        artifacts: None,
        sweep: "one".into(),
        earlier: vec![],
        rungs: vec![],
        checkpoints: None,
    }
}

fn computed(done: Done) -> Outcome {
    match done.result {
        Computed::Now(outcome) => outcome,
        Computed::Before { trial, .. } => panic!("reused from {trial}"),
    }
}

fn without_time(mut outcome: Outcome) -> Outcome {
    outcome.seconds = 0.0;
    outcome
}

#[tokio::test]
async fn a_trial_measures_each_epoch_and_a_second_one_uses_the_same_process() {
    let mut slot = slot();
    let spec = plan(EPOCHS).trial(0);
    let mut measurements: Vec<Measurement> = vec![];
    let first = computed(slot.run(run(spec.clone()), |m| measurements.push(m)).await.unwrap());
    let pid = slot.pid().unwrap();
    assert_eq!(measurements.iter().map(|m| m.epoch).collect::<Vec<_>>(), [1, 2, 3]);
    let environment = std::fs::read_to_string(format!("/proc/{pid}/environ")).unwrap();
    assert!(environment.contains("RUST_BACKTRACE=0"), "{environment}");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    assert_eq!(
        measurements[0].hypergradient_norm, None,
        "the first epoch is the warm-up"
    );
    assert!(measurements[2].hypergradient_norm.is_some_and(|norm| norm > 0.0));
    assert_eq!(first.scores.len(), 40);
    assert!(first.is_finite() && first.seconds > 0.0);
    let other = computed(slot.run(run(plan(EPOCHS).trial(1)), |_| ()).await.unwrap());
    let again = computed(slot.run(run(spec), |_| ()).await.unwrap());
    assert_eq!(slot.pid(), Some(pid));
    assert_ne!(without_time(other), without_time(first.clone()));
    assert_eq!(without_time(again), without_time(first), "bit for bit");
}

#[tokio::test]
async fn pictures_are_of_the_images_asked_for_and_a_wrong_one_is_told() {
    let mut slot = slot();
    let spec = plan(EPOCHS).trial(0);
    let wanted = Draw {
        tuned: spec.method.initial(),
        spec,
        base_dir: workspace(),
        sweep: "one".into(),
        training: 3,
        highest: vec![39, 2],
        lowest: vec![7],
    };
    let drawn = slot.draw(wanted.clone()).await.unwrap();
    let shown: Vec<_> = drawn.iter().map(|picture| (picture.kind, picture.image)).collect();
    let of = |kind| [0, 1, 2].map(|image| (kind, image));
    let mut expected = [of(PictureKind::Training), of(PictureKind::Augmented)].concat();
    expected.extend([
        (PictureKind::Highest, 39),
        (PictureKind::Highest, 2),
        (PictureKind::Lowest, 7),
    ]);
    assert_eq!(shown, expected);
    let different: std::collections::BTreeSet<_> = drawn.iter().map(|picture| &picture.data).collect();
    assert_eq!(different.len(), drawn.len(), "no two pictures are alike");
    let pixels = |picture: &Drawn| {
        assert_eq!(picture.media_type, MediaType::Png);
        let file = STANDARD.decode(&picture.data).unwrap();
        image::load_from_memory(&file).unwrap().to_luma8()
    };
    let [original, turned] = [&drawn[0], &drawn[3]].map(pixels);
    assert_eq!((original.dimensions(), turned.dimensions()), ((12, 12), (12, 12)));
    // The same again, and as much of it as is asked for.
    let fewer = Draw {
        training: 1,
        highest: vec![39],
        lowest: vec![],
        ..wanted.clone()
    };
    let again = slot.draw(fewer).await.unwrap();
    assert_eq!(again[0], drawn[0]);
    assert_eq!(again.last(), Some(&drawn[6]));
    let beyond = Draw {
        lowest: vec![40],
        ..wanted
    };
    let cause = slot.draw(beyond).await.unwrap_err();
    assert_eq!(cause.kind, CauseKind::BadData);
    assert!(cause.detail.contains("no validation image 40"), "{cause}");
    let run = slot.run(run(plan(EPOCHS).trial(0)), |_| ()).await;
    assert!(run.is_ok(), "the slot goes on: {run:?}");
}

#[tokio::test]
async fn a_trial_that_is_stopped_ends_with_its_epoch_and_the_process_lives_on() {
    let mut slot = slot();
    let spec = plan(EPOCHS).trial(0);
    let first = computed(slot.run(run(spec.clone()), |_| ()).await.unwrap());
    let pid = slot.pid();
    let orders = Orders::default();
    let mut judged = vec![];
    let endless = Run {
        rungs: vec![2],
        ..run(plan(ENDLESS).trial(0))
    };
    let mut log = Vec::new();
    let ended = slot.run_until(endless, &orders, |heard| {
        let m = match heard {
            Heard::Measurement(m) => m,
            Heard::Line(line) => return log.push(line),
        };
        if m.validation.is_some() && m.diagnostics.is_some() {
            judged.push(m.epoch);
        }
        if m.epoch == 3 {
            orders.stop.cancel();
        }
    });
    assert_eq!(ended.await.unwrap(), Ended::Stopped);
    assert_eq!(judged, [2]);
    assert!(log[0].starts_with("begins: process "), "{log:?}");
    let again = computed(slot.run(run(spec), |_| ()).await.unwrap());
    assert_eq!(slot.pid(), pid);
    assert_eq!(without_time(again), without_time(first), "bit for bit");
}

#[tokio::test]
async fn another_number_of_threads_gets_another_process() {
    let mut slot = slot();
    let mut spec = plan(1).trial(0);
    slot.run(run(spec.clone()), |_| ()).await.unwrap();
    let pid = slot.pid();
    spec.resources.threads = 2;
    slot.run(run(spec), |_| ()).await.unwrap();
    assert_ne!(slot.pid(), pid);
}

#[tokio::test]
async fn data_that_is_not_there_is_told_and_the_slot_lives_on() {
    let mut slot = slot();
    let spec = plan(1).trial(0);
    let mut lost = spec.clone();
    let DataSpec::FashionMnist(data) = &mut lost.data else {
        panic!("{:?}", lost.data)
    };
    data.root = Some("no/such/folder".into());
    let cause = slot.run(run(lost), |_| ()).await.unwrap_err();
    assert_eq!(cause.kind, CauseKind::BadData);
    assert!(cause.detail.contains("no/such/folder"), "{}", cause.detail);
    slot.run(run(spec), |_| ()).await.unwrap();
}

#[tokio::test]
async fn a_crash_has_its_signal_as_cause() {
    for (sent, told) in [
        (Signal::SEGV, "signal 11 (SIGSEGV)"),
        (Signal::KILL, "signal 9 (SIGKILL)"),
    ] {
        let mut slot = slot();
        slot.run(run(plan(1).trial(0)), |_| ()).await.unwrap();
        let pid = slot.pid().unwrap();
        let trial = slot.run(run(plan(ENDLESS).trial(0)), |m| {
            // Again at each epoch: Rust's handler for stack overflows lets the first SIGSEGV that is sent pass.
            if m.epoch >= 2 {
                signal(pid, sent);
            }
        });
        let cause = trial.await.unwrap_err();
        assert_eq!(cause.kind, CauseKind::Crashed, "{cause}");
        assert!(cause.detail.contains(told), "{cause}");
        assert_eq!(slot.pid(), None);
        slot.run(run(plan(1).trial(0)), |_| ()).await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_trial_leaves_no_process() {
    let mut slot = slot();
    slot.run(run(plan(1).trial(0)), |_| ()).await.unwrap();
    let pid = slot.pid().unwrap();
    let (begun, wait) = tokio::sync::oneshot::channel();
    let mut begun = Some(begun);
    let on_measurement = |_| {
        let _ = begun.take().map(|begun| begun.send(()));
    };
    tokio::select! {
        result = slot.run(run(plan(ENDLESS).trial(0)), on_measurement) => panic!("{result:?}"),
        _ = wait => {}
    }
    wait_for("the end of the child", async || (!is_alive(pid)).then_some(())).await;
    slot.run(run(plan(1).trial(0)), |_| ()).await.unwrap();
}

#[test]
fn a_child_whose_stdin_ends_exits() {
    let mut child = Command::new(program())
        .arg("slot")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"");
}
