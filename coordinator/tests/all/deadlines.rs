//! Deadlines, and trials that ran out of memory, over real gRPC and with a clock that is moved by hand.

use crate::support::{Host, LightWorker, SPEC, Sweeps, create, eventually, get, wide_spec};
use augur_coordinator::clock::ManualClock;
use augur_proto::v1::{self, CauseKind, Order, TrialState};
use std::time::Duration;
use tonic::Code;

const LEASE: Duration = Duration::from_secs(15);

async fn trials(sweeps: &mut Sweeps, sweep: &str, state: TrialState) -> Vec<v1::Trial> {
    let request = v1::ListTrialsRequest {
        parent: sweep.into(),
        state: state.into(),
        ..Default::default()
    };
    sweeps.list_trials(request).await.unwrap().into_inner().trials
}

/// Lets time go by while a worker keeps its leases; gives the last orders.
async fn pass(
    clock: &ManualClock,
    worker: &mut LightWorker,
    seconds: u64,
    tokens: &[&str],
    excused: &[&str],
) -> Vec<Order> {
    let mut orders = Vec::new();
    for _ in 0..seconds / 10 {
        clock.advance(Duration::from_secs(10));
        let answer = worker.heartbeat(tokens, excused).await;
        orders = answer.renewals.iter().map(v1::Renewal::order).collect();
    }
    orders
}

/// The engine has looked at the leases since.
async fn looked(host: &Host, clock: &ManualClock) {
    let commands = || host.coordinator.handle().counters().commands();
    let before = commands();
    clock.advance(Duration::from_millis(1));
    eventually(|| commands() > before).await;
}

#[tokio::test]
async fn an_attempt_without_a_new_epoch_ends_at_its_deadline_and_is_charged() {
    let (host, clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(
        &mut sweeps,
        &format!("{SPEC}retry: {{stalled_after_seconds: 100, max_attempts: 1}}\n"),
    )
    .await;
    let mut worker = LightWorker::register(host.workers().await, 3).await;
    let leases = worker.acquire(3).await;
    let tokens: Vec<_> = leases.iter().map(|lease| lease.token.as_str()).collect();
    // One moves on, one waits for room, one hangs.
    assert_eq!(
        pass(&clock, &mut worker, 90, &tokens, &tokens[1..2]).await,
        [Order::Continue; 3]
    );
    worker.report(tokens[0], 1..=1).await;
    pass(&clock, &mut worker, 10, &tokens, &tokens[1..2]).await;
    looked(&host, &clock).await;
    let orders = pass(&clock, &mut worker, 10, &tokens, &tokens[1..2]).await;
    assert_eq!(orders, [Order::Continue, Order::Continue, Order::Cancel]);
    let failed = trials(&mut sweeps, "sweeps/small", TrialState::Failed).await.remove(0);
    let cause = failed.cause.unwrap();
    assert_eq!(cause.kind(), CauseKind::Deadline);
    assert_eq!(
        cause.detail,
        "its first epoch did not end within `retry.stalled_after_seconds`"
    );
    // The same epoch again is no news.
    worker.report(tokens[0], 1..=1).await;
    pass(&clock, &mut worker, 80, &tokens[..2], &tokens[1..2]).await;
    looked(&host, &clock).await;
    let orders = pass(&clock, &mut worker, 10, &tokens[..2], &tokens[1..2]).await;
    assert_eq!(orders, [Order::Cancel, Order::Continue]);
    host.check().await;
}

#[tokio::test]
async fn time_in_which_the_coordinator_was_away_is_not_held_against_an_attempt() {
    let (host, clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &format!("{SPEC}retry: {{stalled_after_seconds: 100}}\n")).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    let host = host.restart(clock.clone(), Duration::from_secs(1000)).await;
    worker.api = host.workers().await;
    looked(&host, &clock).await;
    assert_eq!(
        pass(&clock, &mut worker, 50, &[&lease.token], &[]).await,
        [Order::Continue]
    );
    worker.complete(&lease).await.unwrap();
    host.check().await;
}

#[tokio::test]
async fn a_trial_that_ran_out_of_memory_waits_for_a_worker_with_more() {
    let (host, clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &wide_spec("one", 1)).await;
    let mut small = LightWorker::with_memory(host.workers().await, 1, 8 << 30).await;
    let mut large = LightWorker::with_memory(host.workers().await, 1, 64 << 30).await;
    let lease = small.acquire(1).await.remove(0);
    small.fail(&lease.token, CauseKind::OutOfMemory).await.unwrap();
    assert!(small.acquire(1).await.is_empty(), "there is one with more");
    let lease = large.acquire(1).await.remove(0);
    assert_eq!(lease.attempt, 2);
    large.fail(&lease.token, CauseKind::OutOfMemory).await.unwrap();
    // Nobody has more than 64 GiB, so anybody may try, until its attempts are used up.
    let lease = small.acquire(1).await.remove(0);
    small.fail(&lease.token, CauseKind::OutOfMemory).await.unwrap();
    let failed = trials(&mut sweeps, "sweeps/one", TrialState::Failed).await.remove(0);
    let detail = failed.cause.unwrap().detail;
    assert!(detail.starts_with("8192 MiB were not enough"), "{detail}");
    host.check().await;

    // One with more that is lost is not waited for.
    create(&mut sweeps, &wide_spec("two", 1)).await;
    let lease = small.acquire(1).await.remove(0);
    small.fail(&lease.token, CauseKind::OutOfMemory).await.unwrap();
    assert!(small.acquire(1).await.is_empty());
    clock.advance(LEASE);
    assert_eq!(small.acquire(1).await.len(), 1);
    host.check().await;
}

#[tokio::test]
async fn some_causes_are_for_the_coordinator_to_say() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    for kind in [CauseKind::WorkerLost, CauseKind::Cancelled, CauseKind::Deadline] {
        let refused = worker.fail(&lease.token, kind).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    let cancel = v1::CancelSweepRequest {
        name: "sweeps/small".into(),
        ..Default::default()
    };
    sweeps.cancel_sweep(cancel).await.unwrap();
    let cancelled = trials(&mut sweeps, "sweeps/small", TrialState::Cancelled).await;
    let causes: Vec<_> = cancelled.iter().filter_map(|trial| trial.cause.as_ref()).collect();
    assert_eq!(
        causes.iter().map(|cause| cause.kind()).collect::<Vec<_>>(),
        [CauseKind::Cancelled]
    );
    assert!(get(&mut sweeps, "sweeps/small").await.end_time.is_some());
    host.check().await;
}
