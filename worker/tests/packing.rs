//! Memory that runs out: real trials under a real limit are given back uncharged and run fewer at once; what does not fit alone
//! fails and says what to do.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_proto::v1::{self, CauseKind, TrialState};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::fs;
use support::{Coordinator, Running, wait_for};

/// Address space of a child: enough to start in, too little for the trials.
const TOO_LITTLE: u64 = 1 << 30;

/// Two trials of large batches, each a matter of seconds and of more than a gigabyte.
fn spec(name: &str, attempts: u32) -> String {
    format!(
        "\
version: 1
name: {name}
data: {{fashion_mnist: {{size_px: 28}}}}
split: {{train: 2048, held_out: 16, validation_normal: 24, validation_anomalous: 16}}
tasks: [{{normal: sneaker, anomaly: {{planted: {{rotate_deg: 150}}}}}}]
families: [{{rotation: {{form: fixed, starts: [{{angle_deg: 110}}, {{angle_deg: 195}}]}}}}]
seeds: [0]
detector: {{resnet: {{width: 8}}}}
training: {{epochs: 1, batch: 2048}}
resources: {{device: cpu}}
retry: {{max_attempts: {attempts}}}
"
    )
}

/// Limits the address space of the children that a worker will start.
fn limit(worker: &Running, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(worker.pid()).unwrap());
    // The hard limit stays: it could not be raised again.
    let maximum = rustix::process::getrlimit(Resource::As).maximum;
    let limit = Rlimit {
        current: bytes,
        maximum,
    };
    prlimit(pid, Resource::As, limit).unwrap();
}

async fn given_back(coordinator: &Coordinator, sweep: &str) -> Option<String> {
    let trials = coordinator.trials(sweep).await;
    let cause = trials.into_iter().find_map(|trial| trial.cause)?;
    (cause.kind() == CauseKind::Preempted).then_some(cause.detail)
}

/// A worker of two slots that is limited before it has work.
async fn limited(coordinator: &Coordinator) -> Running {
    let worker = coordinator.worker_of("2", &[]);
    let log = coordinator.log();
    let registered = async || fs::read_to_string(&log).unwrap().contains("registered").then_some(());
    wait_for("the worker", registered).await;
    limit(&worker, Some(TOO_LITTLE));
    worker
}

#[tokio::test]
async fn trials_that_run_out_of_memory_together_are_packed_anew_and_one_that_does_not_fit_alone_says_so() {
    let coordinator = Coordinator::start(&[]).await;
    let _worker = limited(&coordinator).await;
    let sweep = coordinator.submit(spec("too-large", 1)).await.name;
    let end = coordinator.end_of(&sweep).await;
    assert_eq!(end.state(), v1::SweepState::Failed);
    for trial in coordinator.trials(&sweep).await {
        let cause = trial.cause.unwrap();
        assert_eq!((trial.attempts, cause.kind()), (2, CauseKind::OutOfMemory), "{cause:?}");
        assert!(
            cause.detail.contains("even alone; lower `training.batch`"),
            "{}",
            cause.detail
        );
    }
    let log = fs::read_to_string(coordinator.log()).unwrap();
    assert_eq!(
        log.matches("memory ran out beside other trials, so at most 1").count(),
        2,
        "{log}"
    );
}

#[tokio::test]
async fn what_was_given_back_for_want_of_memory_is_completed_later() {
    let coordinator = Coordinator::start(&[]).await;
    let worker = limited(&coordinator).await;
    let sweep = coordinator.submit(spec("later", 100)).await.name;
    let detail = wait_for("a trial that is given back", async || {
        given_back(&coordinator, &sweep).await
    })
    .await;
    assert!(detail.contains("memory ran out beside other trials"), "{detail}");
    limit(&worker, None);
    coordinator.end_of(&sweep).await;
    for trial in coordinator.trials(&sweep).await {
        assert_eq!(trial.state(), TrialState::Completed);
        assert!(trial.attempts >= 2);
    }
}
