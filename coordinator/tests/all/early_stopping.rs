//! Early stopping on a real store: the same choice whatever the order in which workers report, and whoever crashes.

use crate::support::{Host, LightWorker, Sweeps, create, get, outcome, reason};
use augur_core::{
    halving::order,
    leaderboard::Leaderboard,
    plan::{Plan, TrialSpec},
    spec::parse,
};
use augur_proto::v1::{self, CauseKind, TrialState, lease::Work};
use std::time::Duration;
use tonic::Code;

const EPOCHS: u32 = 9;

/// Two groups of nine trials with rungs after epochs 1 and 3.
fn spec(name: &str, early_stopping: &str) -> String {
    let starts: Vec<_> = (0..9).map(|i| format!("{{angle_deg: {}}}", 7 + 40 * i)).collect();
    format!(
        "version: 1
name: {name}
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: sneaker, anomaly: {{class: dress}}}}]
families: [{{rotation: {{starts: [{}]}}}}]
seeds: [0, 1]
training: {{epochs: {EPOCHS}}}
{early_stopping}
",
        starts.join(", ")
    )
}

const HALVING: &str = "early_stopping: {reduction: 3, first_epoch: 1, audit: 0.3}";

/// A trial's outcome if it ended after an epoch: some function of both, so that trials overtake each other.
fn outcome_at(spec: &TrialSpec, epoch: u32) -> v1::Outcome {
    let angle = spec.method.initial()["angle_deg"];
    let wave = (angle * 12.9 + spec.seed as f64 * 78.2 + f64::from(epoch) * 0.7).sin();
    let mut outcome = outcome(spec);
    if let Some(validation) = &mut outcome.validation {
        validation.explained = 0.5 + 0.4 * wave;
    }
    outcome
}

/// A lease in a worker's hands.
struct Running {
    token: String,
    spec: TrialSpec,
    rungs: Vec<u32>,
    attempt: u32,
    epoch: u32,
}

impl Running {
    fn of(lease: &v1::Lease) -> Option<Self> {
        let Some(Work::Trial(work)) = &lease.work else {
            return None;
        };
        Some(Self {
            token: lease.token.clone(),
            spec: serde_json::from_str(&work.trial_spec_json).unwrap(),
            rungs: work.rungs.clone(),
            attempt: lease.attempt,
            epoch: 0,
        })
    }

    /// Runs one epoch, after the last one hands in the outcome; whether it goes on.
    async fn step(&mut self, worker: &mut LightWorker) -> bool {
        self.epoch += 1;
        let judged = self
            .rungs
            .contains(&self.epoch)
            .then(|| outcome_at(&self.spec, self.epoch));
        let measurement = v1::Measurement {
            epoch: self.epoch,
            training_loss: 0.1,
            seconds: f64::from(self.epoch),
            validation: judged.as_ref().and_then(|outcome| outcome.validation),
            diagnostics: judged.as_ref().and_then(|outcome| outcome.diagnostics),
            ..Default::default()
        };
        if !worker.report_all(&self.token, vec![measurement]).await.is_empty() {
            return false;
        }
        if self.epoch == EPOCHS {
            let whole = outcome_at(&self.spec, EPOCHS);
            worker.complete_trial(&self.token, whole).await.unwrap();
        }
        self.epoch < EPOCHS
    }
}

/// Who is next among `running` trials, given a number that is another one each time; and whether it crashes.
type Policy = fn(running: usize, draw: u64) -> (usize, bool);

/// Runs the sweep on so many slots under a policy. Gives the epochs that were run, and the sweep's result.
async fn run(slots: usize, policy: Policy) -> (u32, v1::Progress, Leaderboard) {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    // Crashes that come from outside are no fault of the spec.
    let without_breaker = format!("{}retry: {{breaker: 0}}\n", spec("halved", HALVING));
    create(&mut sweeps, &without_breaker).await;
    let mut worker = LightWorker::register(host.workers().await, u32::try_from(slots).unwrap()).await;
    let (mut running, mut epochs, mut draw): (Vec<Running>, _, _) = (Vec::new(), 0, 1u64);
    loop {
        let free = u32::try_from(slots - running.len()).unwrap();
        let leases = if free == 0 { vec![] } else { worker.acquire(free).await };
        for lease in &leases {
            match Running::of(lease) {
                Some(trial) => running.push(trial),
                None => worker.complete(lease).await.unwrap(),
            }
        }
        if running.is_empty() && leases.is_empty() {
            break;
        }
        if running.is_empty() {
            continue;
        }
        // Knuth's generator: the high bits are good enough for a walk.
        draw = draw
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (at, crashes) = policy(running.len(), draw >> 33);
        let trial = &mut running[at];
        if crashes && trial.attempt < 3 {
            // Of a trial that was stopped meanwhile the lease is stale.
            let failed = worker.fail(&trial.token, CauseKind::Crashed).await;
            assert!(failed.is_ok() || reason(&failed.unwrap_err()) == "LEASE_STALE");
            running.remove(at);
            continue;
        }
        epochs += 1;
        if !trial.step(&mut worker).await {
            running.remove(at);
        }
        // It reads the whole store.
        if (draw >> 33).is_multiple_of(8) {
            host.check().await;
        }
    }
    host.check().await;
    let sweep = get(&mut sweeps, "sweeps/halved").await;
    assert_eq!(sweep.state(), v1::SweepState::Succeeded);
    (
        epochs,
        sweep.progress.unwrap(),
        leaderboard(&mut sweeps, "sweeps/halved").await,
    )
}

async fn leaderboard(sweeps: &mut Sweeps, name: &str) -> Leaderboard {
    let request = v1::GetLeaderboardRequest { name: name.into() };
    let board = sweeps.get_leaderboard(request).await.unwrap().into_inner();
    board.try_into().unwrap()
}

#[tokio::test]
async fn one_slot_or_many_in_any_order_and_with_crashes_give_the_same_choice() {
    let (epochs, progress, in_order) = run(1, |_, _| (0, false)).await;
    let totals = in_order.early_stopping.unwrap();
    assert_eq!(totals.epochs, 2 * 9 * u64::from(EPOCHS));
    // One at a time, every decision falls at once: what the rule leaves out was not run.
    assert_eq!(u64::from(epochs), totals.epochs - totals.epochs_saved);
    assert!(totals.audited > 0 && totals.stopped > totals.audited, "{totals:?}");
    assert_eq!(progress.trials_stopped, totals.stopped - totals.audited);
    for task in &in_order.tasks {
        let stopped = task
            .excluded
            .iter()
            .filter(|excluded| excluded.reason.starts_with("stopped: after epoch"));
        let summary = task.early_stopping.as_ref().unwrap();
        assert_eq!(stopped.count(), summary.stopped as usize);
        assert!(
            summary
                .audited
                .iter()
                .all(|audited| audited.auroc.is_some() && audited.val_loss.is_some())
        );
    }

    // The last one that was taken runs to its end first: every decision falls late.
    let (epochs, progress, late) = run(18, |running, _| (running - 1, false)).await;
    assert_eq!(late, in_order);
    assert!(u64::from(epochs) > totals.epochs - totals.epochs_saved);
    assert!(progress.trials_stopped < totals.stopped - totals.audited);

    let (_, _, mixed) = run(4, |running, draw| (draw as usize % running, draw % 11 == 0)).await;
    assert_eq!(mixed, in_order);
    let (_, _, crowded) = run(18, |running, draw| (draw as usize % running, draw % 17 == 0)).await;
    assert_eq!(crowded, in_order);
}

#[tokio::test]
async fn trials_are_leased_in_the_order_in_which_they_are_compared() {
    let host = Host::start().await;
    let yaml = spec("halved", HALVING);
    create(&mut host.sweeps().await, &yaml).await;
    let mut worker = LightWorker::register(host.workers().await, 18).await;
    let leased = worker.acquire(18).await;
    let leased: Vec<_> = leased
        .iter()
        .map(|lease| Running::of(lease).unwrap().spec.id())
        .collect();
    let plan = Plan::new(parse(&yaml).unwrap());
    let mut expected = Vec::new();
    for group in 0..plan.groups() {
        let trials: Vec<_> = plan.members(group).map(|index| plan.trial(index).id()).collect();
        let order = order(plan.group(group).seed, &trials);
        expected.extend(order.into_iter().map(|at| trials[at]));
    }
    assert_eq!(leased, expected);
}

#[tokio::test]
async fn a_stopped_trial_is_told_and_shown_and_a_pending_one_is_stopped_too() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &spec("halved", &HALVING.replace("0.3", "0"))).await;
    let mut worker = LightWorker::register(host.workers().await, 9).await;
    let leases = worker.acquire(9).await;
    let mut trials: Vec<_> = leases.iter().map(|lease| Running::of(lease).unwrap()).collect();
    let (first, others) = trials.split_first_mut().unwrap();
    for trial in others.iter_mut() {
        assert!(trial.step(&mut worker).await, "nobody knows the first one's value");
    }
    // Whoever crashed is pending, and what it reported stands.
    let (crashed, others) = others.split_at(4);
    for trial in crashed {
        worker.fail(&trial.token, CauseKind::Crashed).await.unwrap();
    }
    first.step(&mut worker).await;
    let list = v1::ListTrialsRequest {
        parent: "sweeps/halved".into(),
        state: TrialState::Stopped.into(),
        ..Default::default()
    };
    let stopped = sweeps.list_trials(list).await.unwrap().into_inner().trials;
    assert!(!stopped.is_empty());
    assert!(stopped.iter().all(|trial| trial.stopped_epoch == Some(1)));
    let is_stopped = |trial: &Running| {
        let id = trial.spec.id().to_string();
        stopped.iter().any(|stopped| stopped.name.ends_with(&id))
    };
    assert!(crashed.iter().any(is_stopped) && others.iter().any(is_stopped));
    for trial in others {
        let order = worker.renew(&[&trial.token]).await;
        let expected = if is_stopped(trial) {
            v1::Order::Cancel
        } else {
            v1::Order::Continue
        };
        assert_eq!(order, [expected]);
        if is_stopped(trial) {
            let stale = worker
                .complete_trial(&trial.token, outcome_at(&trial.spec, EPOCHS))
                .await;
            assert_eq!(reason(&stale.unwrap_err()), "LEASE_STALE");
        }
    }
    host.check().await;
}

/// Comes back once the sweep is over, which ends the stream of its events.
async fn ended(sweeps: &mut Sweeps) {
    let request = v1::WatchSweepRequest {
        name: "sweeps/halved".into(),
        resume_revision: 1,
    };
    let mut stream = sweeps.watch_sweep(request).await.unwrap().into_inner();
    while stream.message().await.unwrap().is_some() {}
}

/// A worker dies with a group in its hands, and no trial has another attempt: whoever fails first decides on others whose lease
/// has ended at the same moment.
#[tokio::test]
async fn leases_that_end_together_fail_or_stop_their_trials() {
    let mut decided = 0;
    for silent in [1, 4, 8] {
        let (host, clock) = Host::with_clock().await;
        let mut sweeps = host.sweeps().await;
        let once = format!("{}\nretry: {{max_attempts: 1}}", HALVING.replace("0.3", "0"));
        create(&mut sweeps, &spec("halved", &once)).await;
        let mut worker = LightWorker::register(host.workers().await, 18).await;
        let leases = worker.acquire(18).await;
        let mut trials: Vec<_> = leases.iter().map(|lease| Running::of(lease).unwrap()).collect();
        for (at, trial) in trials[..9].iter_mut().enumerate() {
            if at != silent {
                trial.step(&mut worker).await;
            }
        }
        let before = get(&mut sweeps, "sweeps/halved").await.progress.unwrap();
        clock.advance(Duration::from_secs(60));
        ended(&mut sweeps).await;
        let after = get(&mut sweeps, "sweeps/halved").await.progress.unwrap();
        assert_eq!(after.trials_stopped + after.trials_failed, 18);
        decided += after.trials_stopped - before.trials_stopped;
        host.check().await;
    }
    assert!(decided > 0, "in no order a failure decided on another trial");
}

#[tokio::test]
async fn a_trial_is_not_complete_without_its_values() {
    let host = Host::start().await;
    create(&mut host.sweeps().await, &spec("halved", HALVING)).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    let mut trial = Running::of(&lease).unwrap();
    trial.step(&mut worker).await;
    let refused = worker
        .complete_trial(&lease.token, outcome_at(&trial.spec, EPOCHS))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("epoch 3, a rung"), "{refused}");
    while trial.step(&mut worker).await {}
    host.check().await;
}

/// Works off what there is; what completed before is reused. Gives how many trials were.
async fn work_off(worker: &mut LightWorker) -> u32 {
    let mut reused = 0;
    loop {
        let leases = worker.acquire(1).await;
        let Some(lease) = leases.first() else { return reused };
        let Some(Work::Trial(work)) = &lease.work else {
            worker.complete(lease).await.unwrap();
            continue;
        };
        let mut request = v1::CompleteTrialRequest {
            worker_id: worker.id.clone(),
            token: lease.token.clone(),
            fingerprint: "f".into(),
            ..Default::default()
        };
        let mut trial = Running::of(lease).unwrap();
        if let Some(earlier) = work.earlier.first() {
            reused += 1;
            request.reused = earlier.trial.clone();
        } else {
            let mut goes_on = true;
            while goes_on && trial.epoch < EPOCHS - 1 {
                goes_on = trial.step(worker).await;
            }
            if !goes_on {
                continue;
            }
            request.outcome = Some(outcome_at(&trial.spec, EPOCHS));
        }
        worker.api.complete_trial(request).await.unwrap();
    }
}

#[tokio::test]
async fn only_what_was_judged_at_the_rungs_is_reused() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    create(&mut sweeps, &spec("whole", "")).await;
    assert_eq!(work_off(&mut worker).await, 0);
    create(&mut sweeps, &spec("halved", HALVING)).await;
    assert_eq!(work_off(&mut worker).await, 0, "nothing was judged on its way");
    let completed = get(&mut sweeps, "sweeps/halved")
        .await
        .progress
        .unwrap()
        .trials_completed;
    create(&mut sweeps, &spec("again", HALVING)).await;
    assert_eq!(work_off(&mut worker).await, completed);
    let (first, again) = (
        leaderboard(&mut sweeps, "sweeps/halved").await,
        leaderboard(&mut sweeps, "sweeps/again").await,
    );
    for (first, again) in first.tasks.iter().zip(&again.tasks) {
        assert_eq!(
            (&first.seal, &first.early_stopping),
            (&again.seal, &again.early_stopping)
        );
    }
    host.check().await;
}
