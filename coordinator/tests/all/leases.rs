//! Leases: fencing, expiry by the coordinator's clock, retries by cause, leaving, cancelling.

use crate::support::{
    Host, LightWorker, SPEC, Sweeps, create, eventually, get, outcome, reason, registration, wide_spec,
};
use augur_coordinator::{Settings, clock::Clock};
use augur_core::{plan::TrialSpec, time::Timestamp};
use augur_proto::v1::{self, CauseKind, Order, lease::Work};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    task::Poll,
    time::Duration,
};
use tonic::Code;

async fn trials(sweeps: &mut Sweeps, state: v1::TrialState) -> Vec<v1::Trial> {
    let request = v1::ListTrialsRequest {
        parent: "sweeps/small".into(),
        state: state.into(),
        ..Default::default()
    };
    sweeps.list_trials(request).await.unwrap().into_inner().trials
}

/// Comes back once the watched sweep has had an event for which `wanted` holds.
async fn until(sweeps: &mut Sweeps, wanted: impl Fn(&v1::watch_sweep_response::Event) -> bool) {
    let request = v1::WatchSweepRequest {
        name: "sweeps/small".into(),
        resume_revision: 1,
    };
    let mut stream = sweeps.watch_sweep(request).await.unwrap().into_inner();
    while let Some(response) = stream.message().await.unwrap() {
        if response.event.as_ref().is_some_and(&wanted) {
            return;
        }
    }
    panic!("the sweep ended before");
}

fn is_trial(event: &v1::watch_sweep_response::Event, state: v1::TrialState, attempts: u32) -> bool {
    matches!(event, v1::watch_sweep_response::Event::Trial(trial)
        if trial.state() == state && trial.attempts == attempts)
}

#[tokio::test]
async fn a_lease_that_nobody_renews_goes_to_another_worker_and_the_first_is_stale() {
    let (host, clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut slow = LightWorker::register(host.workers().await, 1).await;
    let lease = slow.acquire(1).await.remove(0);
    assert_eq!(lease.attempt, 1);

    clock.advance(Duration::from_secs(10));
    assert_eq!(slow.renew(&[&lease.token]).await, [Order::Continue]);
    clock.advance(Duration::from_secs(10));
    assert_eq!(slow.renew(&[&lease.token]).await, [Order::Continue]);
    clock.advance(Duration::from_secs(15));
    until(&mut sweeps, |event| is_trial(event, v1::TrialState::Pending, 1)).await;

    let mut quick = LightWorker::register(host.workers().await, 1).await;
    let second = quick.acquire(1).await.remove(0);
    assert_eq!(second.attempt, 2);
    assert_eq!(second.work, lease.work);
    let stale = slow.complete(&lease).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "LEASE_STALE"));
    assert_eq!(slow.renew(&[&lease.token]).await, [Order::Cancel]);
    assert_eq!(
        slow.report(&lease.token, 1..=1).await,
        std::slice::from_ref(&lease.token)
    );
    let stale = slow.fail(&lease.token, CauseKind::Crashed).await.unwrap_err();
    assert_eq!(reason(&stale), "LEASE_STALE");

    quick.complete(&second).await.unwrap();
    let done = trials(&mut sweeps, v1::TrialState::Completed).await.remove(0);
    assert_eq!(done.worker, format!("workers/{}", quick.id));
    assert_eq!(done.attempts, 2);
    // The one that was late carries on with other work.
    assert_eq!(slow.acquire(1).await.len(), 1);
    host.check().await;
}

#[tokio::test]
async fn completing_twice_under_one_lease_is_fine_and_changes_nothing() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    worker.complete(&lease).await.unwrap();
    let first = get(&mut sweeps, "sweeps/small").await;
    worker.complete(&lease).await.unwrap();
    assert_eq!(get(&mut sweeps, "sweeps/small").await, first);
    host.check().await;
}

#[tokio::test]
async fn causes_decide_on_retries() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    // Given back: as often as need be.
    for attempt in 1..=5 {
        let lease = worker.acquire(1).await.remove(0);
        assert_eq!(lease.attempt, attempt);
        worker.fail(&lease.token, CauseKind::Preempted).await.unwrap();
    }
    for attempt in 6..=8 {
        let lease = worker.acquire(1).await.remove(0);
        assert_eq!(lease.attempt, attempt);
        worker.fail(&lease.token, CauseKind::Crashed).await.unwrap();
    }
    // Three crashes are enough; a numerical failure is enough at once.
    let lease = worker.acquire(1).await.remove(0);
    assert_eq!(lease.attempt, 1);
    worker.fail(&lease.token, CauseKind::Numerical).await.unwrap();
    let failed = trials(&mut sweeps, v1::TrialState::Failed).await;
    let causes: Vec<_> = failed
        .iter()
        .map(|trial| trial.cause.as_ref().unwrap().kind())
        .collect();
    assert_eq!(causes, [CauseKind::Crashed, CauseKind::Numerical]);
    worker.work_off().await;
    let sweep = get(&mut sweeps, "sweeps/small").await;
    assert_eq!(sweep.state(), v1::SweepState::Succeeded);
    assert_eq!(sweep.progress.unwrap().trials_failed, 2);
    host.check().await;
}

#[tokio::test]
async fn a_group_without_a_ranked_trial_is_done_and_the_sweep_fails() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &format!("{SPEC}retry: {{breaker: 0}}\n")).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    for lease in worker.acquire(3).await {
        worker.fail(&lease.token, CauseKind::BadData).await.unwrap();
    }
    worker.work_off().await;
    let sweep = get(&mut sweeps, "sweeps/small").await;
    assert_eq!(sweep.state(), v1::SweepState::Failed);
    let request = v1::GetLeaderboardRequest { name: sweep.name };
    let board = sweeps.get_leaderboard(request).await.unwrap().into_inner();
    assert_eq!(board.tasks.len(), 4);
    assert_eq!(board.tasks[0].selected, None);
    assert_eq!(board.tasks[0].excluded.len(), 3);
    assert_eq!(
        board.tasks[0].excluded[0].reason,
        "failed: bad data: as the test wants it"
    );
    host.check().await;
}

#[tokio::test]
async fn evaluations_come_first_and_one_that_fails_for_good_leaves_no_agreement() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    for lease in worker.acquire(3).await {
        worker.complete(&lease).await.unwrap();
    }
    let leases = worker.acquire(2).await;
    let Some(Work::Evaluation(work)) = &leases[0].work else {
        panic!("{leases:?}")
    };
    assert!(matches!(leases[1].work, Some(Work::Trial(_))));
    assert_eq!(work.trials.len(), 3);
    assert_eq!(work.trials[0].scores, [0.1, 120.0, 1e-300, 0.0]);
    let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json).unwrap();
    assert_eq!((spec.task.name(), spec.seed), ("sneaker-rotated-150".into(), 0));

    let incomplete = v1::CompleteEvaluationRequest {
        worker_id: worker.id.clone(),
        token: leases[0].token.clone(),
        trials: Vec::new(),
        ..Default::default()
    };
    let refused = worker.api.complete_evaluation(incomplete).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    worker.fail(&leases[0].token, CauseKind::BadData).await.unwrap();
    worker.complete(&leases[1]).await.unwrap();
    worker.work_off().await;
    let request = v1::GetLeaderboardRequest {
        name: "sweeps/small".into(),
    };
    let board = sweeps.get_leaderboard(request).await.unwrap().into_inner();
    let auroc: Vec<_> = board
        .tasks
        .iter()
        .map(|task| task.selected.as_ref().unwrap().auroc)
        .collect();
    assert_eq!(auroc, [None, Some(1.0 / 3.0), Some(1.0 / 3.0), Some(1.0 / 3.0)]);
    assert_eq!(
        get(&mut sweeps, "sweeps/small").await.state(),
        v1::SweepState::Succeeded
    );
    host.check().await;
}

#[tokio::test]
async fn a_worker_that_leaves_gives_everything_back() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut first = LightWorker::register(host.workers().await, 4).await;
    let leases = first.acquire(4).await;
    assert_eq!(leases.len(), 4);
    first.leave().await.unwrap();
    assert_eq!(
        get(&mut sweeps, "sweeps/small").await.progress.unwrap().trials_pending,
        12
    );
    let returned = trials(&mut sweeps, v1::TrialState::Pending).await.remove(0);
    assert_eq!(returned.cause.unwrap().kind(), CauseKind::Preempted);
    let unknown = first.complete(&leases[0]).await.unwrap_err();
    assert_eq!(
        (unknown.code(), reason(&unknown).as_str()),
        (Code::FailedPrecondition, "WORKER_UNKNOWN")
    );
    let mut second = LightWorker::register(host.workers().await, 4).await;
    assert_eq!(second.acquire(1).await[0].attempt, 2);
    host.check().await;
}

#[tokio::test]
async fn a_cancelled_sweep_takes_back_its_trials() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 2).await;
    let leases = worker.acquire(2).await;
    worker.complete(&leases[0]).await.unwrap();
    let cancel = v1::CancelSweepRequest {
        name: "sweeps/small".into(),
        request_id: String::new(),
    };
    let sweep = sweeps.cancel_sweep(cancel.clone()).await.unwrap().into_inner();
    assert_eq!(sweep.state(), v1::SweepState::Cancelled);
    let progress = sweep.progress.unwrap();
    assert_eq!((progress.trials_completed, progress.trials_cancelled), (1, 11));
    assert_eq!(worker.renew(&[&leases[1].token]).await, [Order::Cancel]);
    assert_eq!(reason(&worker.complete(&leases[1]).await.unwrap_err()), "LEASE_STALE");
    assert!(worker.acquire(1).await.is_empty());
    let again = sweeps.cancel_sweep(cancel).await.unwrap().into_inner();
    assert_eq!(again.end_time, sweep.end_time);
    host.check().await;
}

#[tokio::test]
async fn a_sweep_that_is_over_cannot_be_cancelled() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    LightWorker::register(host.workers().await, 1).await.work_off().await;
    let cancel = v1::CancelSweepRequest {
        name: "sweeps/small".into(),
        request_id: String::new(),
    };
    let refused = sweeps.cancel_sweep(cancel).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "SWEEP_ENDED")
    );
}

#[tokio::test]
async fn a_worker_that_waits_is_woken_by_work() {
    // A clock that stands still: no looks at the leases among the commands that are counted.
    let (host, _clock) = Host::with_clock().await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let waiting = tokio::spawn(async move { worker.acquire_within(1, Duration::from_secs(60)).await });
    // The worker's call has arrived: after the engine's own first command and the registration.
    eventually(|| host.coordinator.handle().counters().commands() >= 3).await;
    create(&mut host.sweeps().await, SPEC).await;
    assert_eq!(waiting.await.unwrap().len(), 1);
}

#[tokio::test]
async fn sweeps_are_served_in_the_order_of_submission() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    for name in ["one", "two"] {
        create(&mut sweeps, &wide_spec(name, 2)).await;
    }
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let one = get(&mut sweeps, "sweeps/one").await.name;
    let ours = |lease: &v1::Lease| matches!(&lease.work, Some(Work::Trial(work)) if work.trial.starts_with(&one));
    assert_eq!(
        worker.acquire(4).await.iter().map(ours).collect::<Vec<_>>(),
        [true, true, false, false]
    );
}

#[tokio::test]
async fn strangers_and_other_versions_are_told_what_to_do() {
    let host = Host::start().await;
    let mut api = host.workers().await;
    let mut other = registration("0190c6a0-0000-7000-8000-000000000000", 1);
    other.api_version = "augur.v1/9".into();
    let refused = api.register_worker(other).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "API_VERSION")
    );
    assert_eq!(
        refused.message(),
        "the worker speaks \"augur.v1/9\" and this coordinator \"augur.v1/3\"; \
         install the same version of augur on both"
    );
    let renew = v1::RenewLeasesRequest {
        worker_id: "0190c6a0-0000-7000-8000-000000000000".into(),
        ..Default::default()
    };
    let refused = api.renew_leases(renew).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "WORKER_UNKNOWN")
    );
    let refused = api.register_worker(registration("me", 1)).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (
            Code::InvalidArgument,
            "field `worker_id` is \"me\", which is not a UUID"
        )
    );
}

#[tokio::test]
async fn an_outcome_that_is_not_whole_is_refused_and_the_lease_lives_on() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    let Some(Work::Trial(work)) = &lease.work else {
        panic!("{lease:?}")
    };
    let whole = outcome(&serde_json::from_str(&work.trial_spec_json).unwrap());
    type Spoil = fn(&mut v1::Outcome);
    let spoils: [(Spoil, &str); 6] = [
        (|o| o.validation = None, "outcome"),
        (|o| o.diagnostics = None, "outcome"),
        (|o| o.tuned.clear(), "outcome.tuned"),
        (|o| o.scores.clear(), "outcome.scores"),
        (|o| o.scores[2] = f64::NAN, "outcome"),
        (|o| o.seconds = f64::INFINITY, "outcome"),
    ];
    for (spoil, field) in spoils {
        let mut spoilt = whole.clone();
        spoil(&mut spoilt);
        let refused = worker.complete_trial(&lease.token, spoilt).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().starts_with(&format!("field `{field}` ")), "{refused}");
    }
    worker.complete_trial(&lease.token, whole).await.unwrap();
    host.check().await;
}

/// What a worker asks for that knows of nothing but `held`.
async fn ask(worker: &mut LightWorker, max: u32, held: &[&v1::Lease]) -> Vec<v1::Lease> {
    worker.held = held.iter().map(|lease| lease.token.clone()).collect();
    worker.acquire(max).await
}

#[tokio::test]
async fn a_lease_whose_answer_was_lost_is_given_again() {
    let (host, clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 3).await;
    let known = worker.acquire(1).await.remove(0);
    let lost = ask(&mut worker, 2, &[&known]).await;
    assert_eq!(lost.len(), 2);

    // The same leases before a new one, as many as there are slots, and nobody else's.
    let mut other = LightWorker::register(host.workers().await, 1).await;
    other.acquire(1).await;
    assert_eq!(ask(&mut worker, 1, &[&known]).await, lost[..1]);
    let again = ask(&mut worker, 3, &[&known]).await;
    assert_eq!(again[..2], lost);
    assert_eq!((again.len(), again[2].attempt), (3, 1));
    let attempts = |trials: Vec<v1::Trial>| trials.iter().map(|trial| trial.attempts).collect::<Vec<_>>();
    assert_eq!(attempts(trials(&mut sweeps, v1::TrialState::Running).await), [1; 5]);

    // It has a new term, and is the same trial's in the end.
    clock.advance(Duration::from_secs(14));
    assert_eq!(ask(&mut worker, 1, &[&known, &again[1], &again[2]]).await, lost[..1]);
    clock.advance(Duration::from_secs(14));
    assert_eq!(worker.renew(&[&lost[0].token]).await, [Order::Continue]);
    worker.complete(&lost[0]).await.unwrap();
    host.check().await;
}

#[tokio::test]
async fn what_was_handed_in_or_given_back_is_not_given_again() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 3).await;
    let leases = worker.acquire(2).await;
    worker.complete(&leases[0]).await.unwrap();
    worker.fail(&leases[1].token, CauseKind::Preempted).await.unwrap();
    for lease in ask(&mut worker, 3, &[]).await {
        assert!(leases.iter().all(|over| over.token != lease.token));
    }
    // A token that is over may still be named.
    worker.held = leases.iter().map(|lease| lease.token.clone()).collect();
    assert_eq!(worker.acquire(3).await.len(), 3);
    host.check().await;
}

#[tokio::test]
async fn an_evaluation_whose_lease_was_lost_is_given_again() {
    let host = Host::start().await;
    create(&mut host.sweeps().await, &wide_spec("wide", 1)).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let trial = worker.acquire(1).await.remove(0);
    worker.complete(&trial).await.unwrap();
    let lost = ask(&mut worker, 1, &[]).await;
    assert!(matches!(lost[0].work, Some(Work::Evaluation(_))), "{lost:?}");
    assert_eq!(ask(&mut worker, 1, &[]).await, lost);
    worker.complete(&lost[0]).await.unwrap();
    assert!(ask(&mut worker, 1, &[]).await.is_empty());
    host.check().await;
}

#[tokio::test]
async fn a_drained_worker_is_given_nothing_again_and_its_leaving_frees_what_it_never_knew_of() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    worker.acquire(1).await;
    let name = format!("workers/{}", worker.id);
    let request = v1::DrainWorkerRequest { name, now: false };
    sweeps.drain_worker(request).await.unwrap();
    assert!(ask(&mut worker, 1, &[]).await.is_empty());
    worker.leave().await.unwrap();
    let pending = trials(&mut sweeps, v1::TrialState::Pending).await;
    assert_eq!(pending.len(), 12);
    host.check().await;
}

/// A clock whose tick is due once it has been asked three times: as often as commands come in.
struct BusyClock(AtomicI64);

impl Clock for BusyClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn tick(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut asked = 0;
        Box::pin(std::future::poll_fn(move |_| {
            asked += 1;
            if asked < 3 { Poll::Pending } else { Poll::Ready(()) }
        }))
    }
}

#[tokio::test]
async fn leases_expire_however_many_commands_come_in() {
    let clock = Arc::new(BusyClock(AtomicI64::new(1_700_000_000_000)));
    let host = Host::with(Settings::default(), clock.clone()).await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut dead = LightWorker::register(host.workers().await, 1).await;
    dead.acquire(1).await;
    clock.0.fetch_add(16_000, Ordering::SeqCst);
    for _ in 0..6 {
        LightWorker::register(host.workers().await, 1).await;
    }
    assert!(trials(&mut sweeps, v1::TrialState::Running).await.is_empty());
}

#[tokio::test]
async fn long_trials_are_leased_first_and_a_task_at_a_time() {
    let host = Host::start().await;
    let controls = "variants: [{name: mean, baseline: {mean_intensity: {}}}, {name: untuned, hypergradient: none}]\n";
    create(
        &mut host.sweeps().await,
        &format!("{}{controls}", SPEC.replace("epochs: 2", "epochs: 30")),
    )
    .await;
    let mut worker = LightWorker::register(host.workers().await, 100).await;
    let mut leased = Vec::new();
    for lease in worker.acquire(100).await {
        let Some(Work::Trial(work)) = lease.work else {
            panic!("{lease:?}")
        };
        let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json).unwrap();
        let kind = match (spec.is_tuned(), spec.method.name()) {
            (true, _) => "tuned",
            (false, name) => name,
        };
        leased.push((kind, spec.task.name()));
    }
    leased.dedup();
    let tasks = ["sneaker-rotated-150", "trouser-vs-dress"];
    let kinds = ["tuned", "rotation", "mean_intensity"];
    let expected: Vec<_> = kinds
        .iter()
        .flat_map(|kind| tasks.map(|task| (*kind, task.to_owned())))
        .collect();
    assert_eq!(leased, expected);
    host.check().await;
    host.coordinator.stop().await.unwrap();
}
