//! A trial whose process crashes at every attempt: its cause names the signal, the worker goes on, and so does the sweep.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_proto::v1::{CauseKind, SweepState, Trial, TrialState};
use augur_tests::{
    bin::augur,
    crew::{Coordinator, Worker, violations},
    process::signal,
};
use serde_json::Value;
use std::time::{Duration, Instant};
use tempfile::tempdir;

const LIMIT: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(10);
/// Attempts that a trial has unless its spec says otherwise.
const ATTEMPTS: u32 = 3;

/// Three trials, long enough to be caught in the act.
const SPEC: &str = "\
version: 1
name: crash
data: {fashion_mnist: {size_px: 12}}
split: {train: 64, held_out: 16, validation_normal: 24, validation_anomalous: 16}
tasks: [{normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}]
families: [{rotation: {starts: [{angle_deg: 110}, {angle_deg: 195}, {angle_deg: 300}]}}]
seeds: [0]
detector: {tiny: {}}
training: {epochs: 400, batch: 32, optimiser: {adam: {lr: 0.01}}}
tuning: {warmup_epochs: 1, validation_batch: 16}
resources: {device: cpu}
";

/// Looks again and again until `look` gives a value.
async fn wait_for<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = look().await {
            return value;
        }
        assert!(begin.elapsed() < LIMIT, "waited {LIMIT:?} in vain for {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

#[tokio::test]
async fn a_trial_that_crashes_every_time_costs_itself_alone() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    let mut coordinator = Coordinator::start(&store, folder.path(), Duration::from_secs(15))
        .await
        .unwrap();
    let api = coordinator.api();
    let sweep = api.submit(SPEC).await.unwrap();
    let mut worker = Worker::start(0, *coordinator.address().borrow(), folder.path()).unwrap();
    let pid = worker.program().pid();
    let running = async || {
        let trials = api.trials(&sweep).await.unwrap();
        trials.into_iter().find(|trial| trial.state() == TrialState::Running)
    };
    let unlucky = wait_for("the first trial", running).await.index;
    let trial = async || -> Trial { api.trials(&sweep).await.unwrap().swap_remove(unlucky as usize) };
    for attempt in 1..=ATTEMPTS {
        let under_way = async || {
            let trial = trial().await;
            let is_it = trial.state() == TrialState::Running && trial.attempts == attempt;
            (is_it && api.epochs(&trial.name).await.unwrap() > 0).then_some(())
        };
        wait_for("the next attempt", under_way).await;
        let slot = wait_for("its process", async || worker.slot()).await;
        // Held while it is looked at again: a slot that has gone on to another trial would crash that one.
        signal(slot, libc::SIGSTOP);
        let held = trial().await;
        signal(slot, libc::SIGABRT);
        signal(slot, libc::SIGCONT);
        assert_eq!(
            (held.state(), held.attempts),
            (TrialState::Running, attempt),
            "it was too late"
        );
    }
    let over = async || Some(api.sweep(&sweep).await.unwrap()).filter(|sweep| sweep.end_time.is_some());
    let end = wait_for("the end of the sweep", over).await;
    assert_eq!(end.state(), SweepState::Succeeded);

    for trial in api.trials(&sweep).await.unwrap() {
        if trial.index == unlucky {
            let cause = trial.cause.clone().unwrap();
            assert_eq!((trial.state(), trial.attempts), (TrialState::Failed, ATTEMPTS));
            assert_eq!(cause.kind(), CauseKind::Crashed);
            assert!(cause.detail.contains("signal 6 (SIGABRT)"), "{}", cause.detail);
        } else {
            assert_eq!((trial.state(), trial.attempts), (TrialState::Completed, 1), "{trial:?}");
        }
    }
    let shown = augur()
        .args(["leaderboard", "crash", "--format", "json", "--coordinator", &api.url()])
        .output()
        .unwrap();
    let board: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let excluded = board["tasks"][0]["excluded"].as_array().unwrap();
    let reasons: Vec<&str> = excluded.iter().filter_map(|trial| trial["reason"].as_str()).collect();
    assert!(reasons.contains(&"failed: crashed"), "{reasons:?}");
    assert!(
        worker.program().ended().is_none() && worker.program().pid() == pid,
        "the worker lives on"
    );
    worker.program().terminate().await.unwrap();
    coordinator.program().terminate().await.unwrap();
    assert_eq!(violations(&store).await.unwrap(), [""; 0]);
}
