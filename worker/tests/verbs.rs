//! Orders reach a real worker: a recalled trial is given back and goes on after a resume; a drained worker leaves.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_proto::v1;
use support::{Coordinator, Running, children, is_alive, spec, wait_for};

/// Heartbeats three times a second.
const LEASE: [&str; 2] = ["--lease-seconds", "1"];
const EPOCHS: u32 = 150;

/// The process that runs a trial of the sweep, once it has measured something.
async fn child_at_work(coordinator: &Coordinator, sweep: &str, worker: &Running) -> u32 {
    let measured = async || coordinator.epochs(sweep).await.iter().any(|n| *n > 0).then_some(());
    wait_for("a measurement", measured).await;
    children(worker.pid())[0]
}

/// The cause of a trial that was given back.
async fn given_back(coordinator: &Coordinator, sweep: &str) -> v1::Cause {
    let cause = async || {
        coordinator
            .trials(sweep)
            .await
            .into_iter()
            .find_map(|trial| trial.cause)
    };
    wait_for("the trial to be given back", cause).await
}

#[tokio::test]
async fn a_recalled_trial_is_given_back_at_once_and_goes_on_after_a_resume() {
    let coordinator = Coordinator::start(&LEASE).await;
    let sweep = coordinator.submit(spec("recall", EPOCHS)).await.name;
    let mut worker = coordinator.worker(&[]);
    let child = child_at_work(&coordinator, &sweep, &worker).await;
    let pause = v1::PauseSweepRequest {
        name: sweep.clone(),
        now: true,
        ..Default::default()
    };
    coordinator.client.clone().pause_sweep(pause).await.unwrap();
    assert_eq!(given_back(&coordinator, &sweep).await.kind(), v1::CauseKind::Preempted);
    wait_for("the end of the child", async || (!is_alive(child)).then_some(())).await;
    let paused = coordinator.sweep(&sweep).await;
    assert_eq!(paused.state(), v1::SweepState::Paused);
    assert_eq!(paused.progress.unwrap().trials_running, 0);
    let resume = v1::ResumeSweepRequest {
        name: sweep.clone(),
        ..Default::default()
    };
    coordinator.client.clone().resume_sweep(resume).await.unwrap();
    let end = coordinator.end_of(&sweep).await;
    assert_eq!(end.progress.unwrap().trials_completed, 2);
    assert!(worker.0.try_wait().unwrap().is_none(), "the worker still runs");
}

#[tokio::test]
async fn a_drained_worker_finishes_what_it_has_and_leaves() {
    let coordinator = Coordinator::start(&LEASE).await;
    let sweep = coordinator.submit(spec("drain", EPOCHS)).await.name;
    let mut worker = coordinator.worker(&[]);
    child_at_work(&coordinator, &sweep, &worker).await;
    let list = v1::ListWorkersRequest::default();
    let workers = coordinator
        .client
        .clone()
        .list_workers(list)
        .await
        .unwrap()
        .into_inner()
        .workers;
    assert!(workers[0].memory_bytes > 0);
    let drain = v1::DrainWorkerRequest {
        name: workers[0].name.clone(),
        now: false,
    };
    coordinator.client.clone().drain_worker(drain).await.unwrap();
    let left = wait_for("the worker to leave", async || {
        let list = v1::ListWorkersRequest::default();
        let workers = coordinator
            .client
            .clone()
            .list_workers(list)
            .await
            .unwrap()
            .into_inner()
            .workers;
        (workers[0].state() == v1::WorkerState::Left).then_some(())
    });
    left.await;
    assert!(worker.0.wait().unwrap().success());
    let progress = coordinator.sweep(&sweep).await.progress.unwrap();
    assert_eq!((progress.trials_completed, progress.trials_pending), (1, 1));
}
