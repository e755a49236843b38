//! The verbs of sweeps over real gRPC: pause, resume, retry, priority, extend, drain; and the circuit breaker.

use crate::support::{Host, LightWorker, SPEC, Sweeps, create, get, reason, wide_spec};
use augur_proto::v1::{self, CauseKind, Order, SweepState, lease::Work};
use tonic::{Code, Status};

const SMALL: &str = "sweeps/small";

async fn pause(sweeps: &mut Sweeps, name: &str, now: bool) -> Result<v1::Sweep, Status> {
    let request = v1::PauseSweepRequest {
        name: name.into(),
        now,
        ..Default::default()
    };
    sweeps.pause_sweep(request).await.map(tonic::Response::into_inner)
}

async fn resume(sweeps: &mut Sweeps, name: &str) -> Result<v1::Sweep, Status> {
    let request = v1::ResumeSweepRequest {
        name: name.into(),
        ..Default::default()
    };
    sweeps.resume_sweep(request).await.map(tonic::Response::into_inner)
}

async fn retry(sweeps: &mut Sweeps, name: &str) -> Result<v1::Sweep, Status> {
    let request = v1::RetryTrialsRequest {
        name: name.into(),
        ..Default::default()
    };
    sweeps.retry_trials(request).await.map(tonic::Response::into_inner)
}

async fn extend(sweeps: &mut Sweeps, request: v1::ExtendSweepRequest) -> Result<v1::Sweep, Status> {
    sweeps.extend_sweep(request).await.map(tonic::Response::into_inner)
}

async fn drain(sweeps: &mut Sweeps, name: String, now: bool) -> Result<v1::Worker, Status> {
    let answer = sweeps.drain_worker(v1::DrainWorkerRequest { name, now }).await;
    answer.map(tonic::Response::into_inner)
}

fn refusal(status: &Status) -> (Code, String) {
    (status.code(), reason(status))
}

fn trial_of(lease: &v1::Lease) -> String {
    match &lease.work {
        Some(Work::Trial(work)) => work.trial.clone(),
        other => panic!("{other:?}"),
    }
}

fn failed(sweep: &v1::Sweep) -> u32 {
    sweep.progress.as_ref().unwrap().trials_failed
}

#[tokio::test]
async fn a_paused_sweep_lets_trials_end_and_begins_none_until_it_is_resumed() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 3).await;
    let leases = worker.acquire(3).await;
    let paused = pause(&mut sweeps, SMALL, false).await.unwrap();
    assert_eq!(paused.state(), SweepState::Paused);
    assert_eq!(paused.pause_reason, "somebody paused it");
    // Again changes nothing.
    assert_eq!(
        pause(&mut sweeps, SMALL, false).await.unwrap().state(),
        SweepState::Paused
    );
    assert_eq!(worker.renew(&[&leases[0].token]).await, [Order::Continue]);
    for lease in &leases {
        worker.complete(lease).await.unwrap();
    }
    // Neither a trial nor the evaluation of the group that has just been sealed.
    assert!(worker.acquire(4).await.is_empty());
    host.check().await;
    assert_eq!(resume(&mut sweeps, SMALL).await.unwrap().state(), SweepState::Running);
    let again = resume(&mut sweeps, SMALL).await.unwrap_err();
    assert_eq!(refusal(&again), (Code::FailedPrecondition, "SWEEP_NOT_PAUSED".into()));
    worker.work_off().await;
    assert_eq!(get(&mut sweeps, SMALL).await.state(), SweepState::Succeeded);
    let over = pause(&mut sweeps, SMALL, false).await.unwrap_err();
    assert_eq!(refusal(&over), (Code::FailedPrecondition, "SWEEP_ENDED".into()));
    assert_eq!(
        over.message(),
        "sweep small is over; only a running or paused sweep can be paused"
    );
    host.check().await;
}

#[tokio::test]
async fn a_recalled_sweep_takes_back_its_trials_uncharged() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    create(&mut sweeps, &wide_spec("other", 2)).await;
    let mut worker = LightWorker::register(host.workers().await, 13).await;
    let leases = worker.acquire(13).await;
    let [first, last] = [&leases[0].token, &leases[12].token];
    pause(&mut sweeps, SMALL, true).await.unwrap();
    assert_eq!(worker.renew(&[first, last]).await, [Order::Pause, Order::Continue]);
    worker.fail(first, CauseKind::Preempted).await.unwrap();
    host.check().await;
    resume(&mut sweeps, SMALL).await.unwrap();
    assert_eq!(worker.renew(&[&leases[1].token]).await, [Order::Continue]);
    let again = worker.acquire(1).await.remove(0);
    assert_eq!((trial_of(&again), again.attempt), (trial_of(&leases[0]), 2));
    host.check().await;
}

#[tokio::test]
async fn a_verb_with_a_request_id_is_carried_out_once() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let request = v1::PauseSweepRequest {
        name: SMALL.into(),
        request_id: "once".into(),
        now: false,
    };
    sweeps.pause_sweep(request.clone()).await.unwrap();
    resume(&mut sweeps, SMALL).await.unwrap();
    let repeated = sweeps.pause_sweep(request.clone()).await.unwrap().into_inner();
    assert_eq!(repeated.state(), SweepState::Running);
    let other = v1::PauseSweepRequest { now: true, ..request };
    let reused = sweeps.pause_sweep(other).await.unwrap_err();
    assert_eq!(refusal(&reused), (Code::InvalidArgument, "REQUEST_ID_REUSED".into()));
}

#[tokio::test]
async fn the_same_cause_three_times_in_a_row_pauses_the_sweep_and_says_why() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 4).await;
    let leases = worker.acquire(6).await;
    for (at, lease) in leases[..2].iter().enumerate() {
        let detail = format!("NaN after epoch {at}");
        worker
            .fail_with(&lease.token, CauseKind::Numerical, &detail)
            .await
            .unwrap();
    }
    // A completion breaks the row; so it takes three more.
    worker.complete(&leases[2]).await.unwrap();
    for lease in &leases[3..5] {
        worker
            .fail_with(&lease.token, CauseKind::Numerical, "NaN after epoch 7")
            .await
            .unwrap();
    }
    assert_eq!(get(&mut sweeps, SMALL).await.state(), SweepState::Running);
    worker
        .fail_with(&leases[5].token, CauseKind::Numerical, "NaN after epoch 12")
        .await
        .unwrap();
    let paused = get(&mut sweeps, SMALL).await;
    assert_eq!(paused.state(), SweepState::Paused);
    assert_eq!(
        paused.pause_reason,
        "3 trials in a row failed with the same cause (numerical failure: NaN after epoch 12); remove that cause before it \
         goes on (`retry: {breaker: 0}` in a spec switches this off)"
    );
    assert!(worker.acquire(1).await.is_empty());
    resume(&mut sweeps, SMALL).await.unwrap();
    // It begins anew.
    let next = worker.acquire(4).await;
    let next = next
        .iter()
        .find(|lease| matches!(lease.work, Some(Work::Trial(_))))
        .unwrap();
    worker
        .fail_with(&next.token, CauseKind::Numerical, "NaN after epoch 1")
        .await
        .unwrap();
    assert_eq!(get(&mut sweeps, SMALL).await.state(), SweepState::Running);
    host.check().await;
}

#[tokio::test]
async fn pre_emptions_and_a_zero_never_open_the_breaker() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    create(&mut sweeps, &format!("{}retry: {{breaker: 0}}\n", wide_spec("off", 5))).await;
    let mut worker = LightWorker::register(host.workers().await, 20).await;
    let leases = worker.acquire(17).await;
    for lease in &leases[..12] {
        worker.fail(&lease.token, CauseKind::Preempted).await.unwrap();
    }
    for lease in &leases[12..] {
        worker.fail(&lease.token, CauseKind::BadData).await.unwrap();
    }
    assert_eq!(get(&mut sweeps, SMALL).await.state(), SweepState::Running);
    assert_eq!(get(&mut sweeps, "sweeps/off").await.state(), SweepState::Failed);
    host.check().await;
}

#[tokio::test]
async fn failed_trials_are_tried_again_with_new_attempts_and_growing_numbers() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let nothing = retry(&mut sweeps, SMALL).await.unwrap_err();
    assert_eq!(refusal(&nothing), (Code::FailedPrecondition, "NOTHING_FAILED".into()));
    let mut first = String::new();
    for attempt in 1..=3 {
        let lease = worker.acquire(1).await.remove(0);
        assert_eq!(lease.attempt, attempt);
        worker.fail(&lease.token, CauseKind::Crashed).await.unwrap();
        first = trial_of(&lease);
    }
    assert_eq!(failed(&get(&mut sweeps, SMALL).await), 1);
    assert_eq!(failed(&retry(&mut sweeps, SMALL).await.unwrap()), 0);
    host.check().await;
    for attempt in 4..=6 {
        let lease = worker.acquire(1).await.remove(0);
        assert_eq!((trial_of(&lease), lease.attempt), (first.clone(), attempt));
        worker.fail(&lease.token, CauseKind::Crashed).await.unwrap();
    }
    worker.work_off().await;
    assert_eq!(get(&mut sweeps, SMALL).await.state(), SweepState::Succeeded);
    // Now a choice stands that left it out.
    let sealed = retry(&mut sweeps, SMALL).await.unwrap_err();
    assert_eq!(refusal(&sealed), (Code::FailedPrecondition, "CHOICE_SEALED".into()));
    host.check().await;
}

#[tokio::test]
async fn a_group_in_which_all_failed_is_opened_again_and_with_it_the_sweep() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &format!("{SPEC}retry: {{breaker: 0}}\n")).await;
    let mut worker = LightWorker::register(host.workers().await, 3).await;
    for lease in worker.acquire(3).await {
        worker.fail(&lease.token, CauseKind::BadData).await.unwrap();
    }
    let fifth = worker.acquire(1).await.remove(0);
    worker.fail(&fifth.token, CauseKind::BadData).await.unwrap();
    worker.work_off().await;
    let over = get(&mut sweeps, SMALL).await;
    assert_eq!((over.state(), failed(&over)), (SweepState::Failed, 4));
    let request = v1::WatchSweepRequest {
        name: SMALL.into(),
        resume_revision: 1,
    };
    let reopened = retry(&mut sweeps, SMALL).await.unwrap();
    // The fourth is in a group whose choice stands.
    assert_eq!((reopened.state(), failed(&reopened)), (SweepState::Running, 1));
    assert_eq!(reopened.end_time, None);
    host.check().await;
    // Whoever watches from before does not take the first end for the last.
    let mut stream = sweeps.watch_sweep(request).await.unwrap().into_inner();
    worker.work_off().await;
    let mut states = Vec::new();
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(v1::watch_sweep_response::Event::Sweep(sweep)) = response.event {
            states.push(sweep.state());
        }
    }
    assert_eq!(states.last(), Some(&SweepState::Succeeded));
    assert!(!states.contains(&SweepState::Failed), "{states:?}");
    host.check().await;
}

#[tokio::test]
async fn the_sweep_of_the_highest_priority_comes_first_then_the_oldest() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    for name in ["one", "two", "three"] {
        create(&mut sweeps, &wide_spec(name, 1)).await;
    }
    for (name, priority) in [("three", 5), ("one", -1)] {
        let request = v1::SetPriorityRequest {
            name: format!("sweeps/{name}"),
            priority,
            ..Default::default()
        };
        let sweep = sweeps.set_priority(request).await.unwrap().into_inner();
        assert_eq!(sweep.priority, priority);
    }
    let mut worker = LightWorker::register(host.workers().await, 3).await;
    let leased: Vec<_> = worker.acquire(3).await.iter().map(trial_of).collect();
    for (name, trial) in ["three", "two", "one"].into_iter().zip(&leased) {
        let sweep = get(&mut sweeps, &format!("sweeps/{name}")).await;
        assert!(trial.starts_with(&sweep.name), "{name}");
    }
    host.check().await;
}

#[tokio::test]
async fn an_extension_has_the_old_trials_and_waits_for_those_that_run() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &wide_spec("base", 2)).await;
    let mut worker = LightWorker::register(host.workers().await, 8).await;
    let leases = worker.acquire(2).await;
    worker.complete(&leases[0]).await.unwrap();
    let seeds = v1::ExtendSweepRequest {
        name: "sweeps/base".into(),
        seeds: vec![7],
        ..Default::default()
    };
    let extension = extend(&mut sweeps, seeds.clone()).await.unwrap();
    assert_eq!(extension.display_name, "base-extended");
    assert_eq!(extension.progress.unwrap().trials_total, 4);
    // The same again is the same sweep.
    assert_eq!(extend(&mut sweeps, seeds).await.unwrap().name, extension.name);
    // Two are new, one is done and may be taken over; the fourth runs in the old sweep, so nobody begins it a second time.
    let taken = worker.acquire(8).await;
    assert_eq!(taken.len(), 3);
    let id = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let running = id(&trial_of(&leases[1]));
    assert!(taken.iter().all(|lease| id(&trial_of(lease)) != running));
    worker.complete(&leases[1]).await.unwrap();
    for lease in &taken {
        worker.complete(lease).await.unwrap();
    }
    worker.work_off().await;
    let board = v1::GetLeaderboardRequest { name: extension.name };
    let board = sweeps.get_leaderboard(board).await.unwrap().into_inner();
    assert_eq!(board.tasks.iter().map(|task| task.candidates.len()).sum::<usize>(), 4);
    host.check().await;
}

#[tokio::test]
async fn what_is_no_extension_is_told_so() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &wide_spec("base", 2)).await;
    let with = |spec_yaml: String, seeds| v1::ExtendSweepRequest {
        name: "sweeps/base".into(),
        spec_yaml,
        seeds,
        ..Default::default()
    };
    for (request, told) in [
        (with(String::new(), vec![]), "field `seeds` is empty"),
        (
            with(wide_spec("more", 3), vec![]),
            "field `spec_yaml` lacks 1 of the 2 trials of sweep base",
        ),
        (
            with(wide_spec("more", 2), vec![]),
            "field `spec_yaml` has no trial that sweep base lacks",
        ),
        (
            with(String::new(), vec![0]),
            "field `seeds` names 0, which sweep base has already",
        ),
    ] {
        let refused = extend(&mut sweeps, request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(told), "{refused}");
    }
}

#[tokio::test]
async fn a_drained_worker_gets_nothing_and_is_told_to_leave() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 2).await;
    let lease = worker.acquire(1).await.remove(0);
    let drained = drain(&mut sweeps, format!("workers/{}", worker.id), false)
        .await
        .unwrap();
    assert_eq!(drained.state(), v1::WorkerState::Draining);
    assert!(worker.acquire(1).await.is_empty());
    let answer = worker.heartbeat(&[&lease.token], &[]).await;
    assert!(answer.leave);
    assert_eq!(answer.renewals[0].order(), Order::Continue, "it finishes what it has");
    // By its host, since it is the only one.
    drain(&mut sweeps, "workers/test".into(), true).await.unwrap();
    assert_eq!(worker.renew(&[&lease.token]).await, [Order::Drain]);
    worker.fail(&lease.token, CauseKind::Preempted).await.unwrap();
    worker.leave().await.unwrap();
    let gone = drain(&mut sweeps, format!("workers/{}", worker.id), true)
        .await
        .unwrap_err();
    assert_eq!(refusal(&gone), (Code::NotFound, "NOT_FOUND".into()));
    for _ in 0..2 {
        LightWorker::register(host.workers().await, 1).await;
    }
    let several = drain(&mut sweeps, "workers/test".into(), false).await.unwrap_err();
    assert_eq!(several.code(), Code::InvalidArgument);
    assert!(several.message().contains("a host with 2 workers"), "{several}");
    host.check().await;
}
