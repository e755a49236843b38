//! A real coordinator and a real worker run a sweep: undisturbed, with a crash, with a lost lease, to an orderly end.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_proto::v1;
use rustix::process::Signal;
use std::fs;
use support::{Coordinator, Running, children, is_alive, signal, spec, wait_for};

/// Long enough to be caught in the act, short enough to wait for.
const EPOCHS: u32 = 150;

/// Waits until the first trial is under way; gives the process that runs it.
async fn trial_under_way(coordinator: &Coordinator, sweep: &str, worker: &Running) -> u32 {
    let measured = async || coordinator.epochs(sweep).await.iter().any(|n| *n > 0).then_some(());
    wait_for("a measurement", measured).await;
    let [child] = children(worker.pid())[..] else {
        panic!("one slot has one child")
    };
    child
}

/// What a finished sweep has, however it went.
async fn check_end(coordinator: &Coordinator, sweep: &str) -> v1::TaskResult {
    let end = coordinator.end_of(sweep).await;
    let progress = end.progress.unwrap();
    assert_eq!((progress.trials_completed, progress.trials_failed), (2, 0));
    let leaderboard = coordinator.leaderboard(sweep).await;
    assert_eq!(leaderboard.libtorch_version, augur_train::device::LIBTORCH_VERSION);
    let [task] = &leaderboard.tasks[..] else {
        panic!("one task and one seed")
    };
    assert_eq!(task.candidates.len() + task.excluded.len(), 2);
    for candidate in &task.candidates {
        let (auroc, precision) = (candidate.auroc.unwrap(), candidate.average_precision.unwrap());
        assert!((0.0..=1.0).contains(&auroc) && (0.0..=1.0).contains(&precision));
    }
    task.clone()
}

#[tokio::test]
async fn two_trials_are_run_and_evaluated() {
    let coordinator = Coordinator::start(&[]).await;
    let sweep = coordinator.submit(spec("calm", 20)).await.name;
    let log_dir = coordinator.folder.path().join("logs");
    let mut worker = coordinator.worker(&["--log-dir", log_dir.to_str().unwrap(), "--exit-with-stdin"]);
    let task = check_end(&coordinator, &sweep).await;
    assert!(!task.candidates.is_empty(), "{:?}", task.excluded);
    assert_eq!(coordinator.epochs(&sweep).await, [20, 20]);
    assert!(log_dir.join(format!("slot-{}-0.log", worker.pid())).exists());
    drop(worker.0.stdin.take());
    assert!(worker.0.wait().unwrap().success(), "it leaves when stdin ends");
}

#[tokio::test]
async fn a_worker_that_lives_on_reuses_what_it_computed_and_reads_the_images_anew() {
    let mut coordinator = Coordinator::start(&[]).await;
    let worker = coordinator.worker(&[]);
    let first = coordinator.submit(spec("first", 5)).await.name;
    let of_first = check_end(&coordinator, &first).await;
    let second = coordinator.submit(spec("second", 5)).await.name;
    let of_second = check_end(&coordinator, &second).await;
    assert_eq!(of_first.seal, of_second.seal);
    let progress = coordinator.sweep(&second).await.progress.unwrap();
    assert_eq!((progress.trials_reused, progress.trial_seconds), (2, 0.0));
    assert_eq!(coordinator.epochs(&second).await, [5, 5]);
    let trials = coordinator.trials(&second).await;
    assert!(trials.iter().all(|trial| trial.reused_from == "first"), "{trials:?}");

    let request = v1::CreateSweepRequest {
        spec_yaml: spec("forced", 5),
        no_reuse: true,
        ..Default::default()
    };
    let forced = coordinator
        .client
        .create_sweep(request)
        .await
        .unwrap()
        .into_inner()
        .name;
    assert_eq!(check_end(&coordinator, &forced).await.seal, of_first.seal);
    let progress = coordinator.sweep(&forced).await.progress.unwrap();
    assert!(
        progress.trials_reused == 0 && progress.trial_seconds > 0.0,
        "{progress:?}"
    );
    drop(worker);
}

#[tokio::test]
async fn a_crash_is_an_attempt_with_its_signal_and_the_worker_lives_on() {
    let coordinator = Coordinator::start(&[]).await;
    let sweep = coordinator.submit(spec("crash", EPOCHS)).await.name;
    let mut worker = coordinator.worker(&[]);
    let child = trial_under_way(&coordinator, &sweep, &worker).await;
    // More than once: Rust's handler for stack overflows lets the first SIGSEGV that is sent pass.
    let dead = async || {
        signal(child, Signal::SEGV);
        (!is_alive(child)).then_some(())
    };
    wait_for("the end of the child", dead).await;
    let failed = async || {
        coordinator
            .trials(&sweep)
            .await
            .into_iter()
            .find(|trial| trial.cause.is_some())
    };
    let trial = wait_for("the failed attempt", failed).await;
    let cause = trial.cause.unwrap();
    assert_eq!(cause.kind(), v1::CauseKind::Crashed);
    assert!(cause.detail.contains("signal 11 (SIGSEGV)"), "{}", cause.detail);
    check_end(&coordinator, &sweep).await;
    let mut attempts: Vec<u32> = coordinator
        .trials(&sweep)
        .await
        .iter()
        .map(|trial| trial.attempts)
        .collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 2]);
    assert!(worker.0.try_wait().unwrap().is_none(), "the worker still runs");
}

#[tokio::test]
async fn a_worker_that_was_away_too_long_drops_the_trial_and_carries_on() {
    let coordinator = Coordinator::start(&["--lease-seconds", "5"]).await;
    let sweep = coordinator.submit(spec("away", EPOCHS)).await.name;
    let mut worker = coordinator.worker(&[]);
    let child = trial_under_way(&coordinator, &sweep, &worker).await;
    // The trial's process too, else it is done before the lease ends.
    let stopped = [worker.pid(), child];
    stopped.iter().for_each(|pid| signal(*pid, Signal::STOP));
    let lost = async || {
        let trials = coordinator.trials(&sweep).await;
        trials
            .into_iter()
            .find_map(|trial| trial.cause)
            .filter(|cause| cause.kind() == v1::CauseKind::WorkerLost)
    };
    wait_for("the end of the lease", lost).await;
    stopped.iter().for_each(|pid| signal(*pid, Signal::CONT));
    check_end(&coordinator, &sweep).await;
    let attempts: u32 = coordinator
        .trials(&sweep)
        .await
        .iter()
        .map(|trial| trial.attempts)
        .sum();
    assert_eq!(attempts, 3, "one trial was begun twice");
    assert!(worker.0.try_wait().unwrap().is_none(), "the worker still runs");
    let log = fs::read_to_string(coordinator.log()).unwrap();
    assert!(log.contains("trial dropped"), "{log}");
}

#[tokio::test]
async fn a_coordinator_that_was_away_gets_the_result_of_the_first_attempt() {
    let mut coordinator = Coordinator::start(&[]).await;
    let sweep = coordinator.submit(spec("restart", EPOCHS)).await.name;
    let worker = coordinator.worker(&[]);
    trial_under_way(&coordinator, &sweep, &worker).await;
    let log = coordinator.log();
    let noticed = async || fs::read_to_string(&log).unwrap().contains("is away").then_some(());
    coordinator.restart(wait_for("the worker to notice", noticed)).await;
    check_end(&coordinator, &sweep).await;
    assert!(coordinator.trials(&sweep).await.iter().all(|trial| trial.attempts == 1));
    let log = fs::read_to_string(coordinator.log()).unwrap();
    assert!(log.contains("is back"), "{log}");
}

#[tokio::test]
async fn sigterm_gives_the_trial_back_uncharged_and_leaves_no_process() {
    let coordinator = Coordinator::start(&[]).await;
    let sweep = coordinator.submit(spec("leave", 1_000_000)).await.name;
    let mut worker = coordinator.worker(&[]);
    let child = trial_under_way(&coordinator, &sweep, &worker).await;
    signal(worker.pid(), Signal::TERM);
    assert!(worker.0.wait().unwrap().success());
    assert!(!is_alive(child));
    let trials = coordinator.trials(&sweep).await;
    assert!(
        trials.iter().all(|trial| trial.state() == v1::TrialState::Pending),
        "{trials:?}"
    );
    let causes: Vec<_> = trials.iter().filter_map(|trial| trial.cause.as_ref()).collect();
    assert!(
        causes.iter().all(|cause| cause.kind() == v1::CauseKind::Preempted),
        "{causes:?}"
    );
}

#[tokio::test]
async fn a_killed_worker_takes_its_children_with_it() {
    let coordinator = Coordinator::start(&[]).await;
    let sweep = coordinator.submit(spec("killed", 1_000_000)).await.name;
    let worker = coordinator.worker(&[]);
    let child = trial_under_way(&coordinator, &sweep, &worker).await;
    let environment = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/environ")).unwrap();
    assert!(environment(worker.pid()).contains("of the worker alone"));
    assert!(!environment(child).contains("of the worker alone"));
    signal(worker.pid(), Signal::KILL);
    wait_for("the end of the child", async || (!is_alive(child)).then_some(())).await;
}
