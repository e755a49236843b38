//! Any interleaving of what workers, people and time do to a sweep, over real gRPC on a real store: every invariant holds after
//! every step, and whatever happened, the sweep comes to its end.
use crate::support::{Host, LightWorker, SPEC, create, get};
use augur_coordinator::clock::ManualClock;
use augur_proto::v1::{self, CauseKind};
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};
use tonic::{Code, Status};

const SMALL: &str = "sweeps/small";
const WORKERS: usize = 3;

/// What workers may say.
const KINDS: [CauseKind; 5] = [
    CauseKind::Crashed,
    CauseKind::OutOfMemory,
    CauseKind::BadData,
    CauseKind::Numerical,
    CauseKind::Preempted,
];

/// What happens. Leases are named by their place among all that were ever given.
#[derive(Clone, Debug)]
enum Op {
    Acquire(usize, u32),
    Renew(usize, bool),
    Report(usize, u32),
    Complete(usize),
    Fail(usize, CauseKind),
    Leave(usize),
    Pass(u64),
    Restart(u64),
    Pause(bool),
    Resume,
    Retry,
}

fn op() -> impl Strategy<Value = Op> {
    let kind = proptest::sample::select(&KINDS[..]);
    let lease = 0..30usize;
    prop_oneof![
        8 => (0..WORKERS, 1..4u32).prop_map(|(worker, max)| Op::Acquire(worker, max)),
        2 => (lease.clone(), any::<bool>()).prop_map(|(at, excused)| Op::Renew(at, excused)),
        2 => (lease.clone(), 1..3u32).prop_map(|(at, epochs)| Op::Report(at, epochs)),
        8 => lease.clone().prop_map(Op::Complete),
        5 => (lease, kind).prop_map(|(at, kind)| Op::Fail(at, kind)),
        1 => (0..WORKERS).prop_map(Op::Leave),
        3 => (1..20u64).prop_map(Op::Pass),
        1 => (0..100u64).prop_map(Op::Restart),
        1 => any::<bool>().prop_map(Op::Pause),
        2 => Just(Op::Resume),
        1 => Just(Op::Retry),
    ]
}

/// A coordinator, its workers, and every lease that was given, with its worker.
struct World {
    host: Host,
    clock: Arc<ManualClock>,
    workers: Vec<LightWorker>,
    leases: Vec<(usize, v1::Lease)>,
}

/// What may be refused: what is stale, or does not fit where the sweep stands.
fn allow(result: Result<(), Status>) {
    if let Err(status) = result {
        let expected = matches!(status.code(), Code::Aborted | Code::FailedPrecondition);
        assert!(expected, "{status}");
    }
}

impl World {
    async fn new() -> Self {
        let (host, clock) = Host::with_clock().await;
        let retry = "retry: {max_attempts: 2, stalled_after_seconds: 40}\n";
        create(&mut host.sweeps().await, &format!("{SPEC}{retry}")).await;
        let mut workers = Vec::new();
        for size in 1..=WORKERS {
            let memory = (size as u64) << 30;
            workers.push(LightWorker::with_memory(host.workers().await, 4, memory).await);
        }
        Self {
            host,
            clock,
            workers,
            leases: Vec::new(),
        }
    }

    async fn run(mut self, op: &Op) -> Self {
        let mut sweeps = self.host.sweeps().await;
        let name = SMALL.to_owned();
        match op {
            Op::Acquire(worker, max) => {
                let leased = self.workers[*worker].try_acquire(*max).await;
                match leased {
                    Ok(leases) => self.leases.extend(leases.into_iter().map(|lease| (*worker, lease))),
                    // It has left; so another one comes in its place.
                    Err(status) => {
                        allow(Err(status));
                        self.workers[*worker] = LightWorker::register(self.host.workers().await, 4).await;
                    }
                }
            }
            Op::Leave(worker) => allow(self.workers[*worker].leave().await),
            Op::Pass(seconds) => self.clock.advance(Duration::from_secs(*seconds)),
            Op::Restart(away) => {
                self.host = self.host.restart(self.clock.clone(), Duration::from_secs(*away)).await;
                for worker in &mut self.workers {
                    worker.api = self.host.workers().await;
                }
            }
            Op::Pause(now) => {
                let now = *now;
                let request_id = String::new();
                allow(
                    sweeps
                        .pause_sweep(v1::PauseSweepRequest { name, request_id, now })
                        .await
                        .map(drop),
                );
            }
            Op::Resume => {
                let request_id = String::new();
                allow(
                    sweeps
                        .resume_sweep(v1::ResumeSweepRequest { name, request_id })
                        .await
                        .map(drop),
                );
            }
            Op::Retry => {
                let request_id = String::new();
                allow(
                    sweeps
                        .retry_trials(v1::RetryTrialsRequest { name, request_id })
                        .await
                        .map(drop),
                );
            }
            Op::Renew(at, _) | Op::Report(at, _) | Op::Complete(at) | Op::Fail(at, _) => {
                if let Some((worker, lease)) = self.leases.get(*at).cloned() {
                    report(&mut self.workers[worker], &lease, op).await;
                }
            }
        }
        self
    }

    /// A worker that does its work, to the end.
    async fn work_off(&mut self) {
        let mut sweeps = self.host.sweeps().await;
        // Two terms: what is leased ends, also if a restart has just renewed it.
        for _ in 0..2 {
            self.clock.advance(Duration::from_secs(20));
            let commands = || self.host.coordinator.handle().counters().commands();
            let before = commands();
            self.clock.advance(Duration::from_millis(1));
            crate::support::eventually(|| commands() > before).await;
        }
        let mut worker = LightWorker::with_memory(self.host.workers().await, 4, 1 << 40).await;
        while get(&mut sweeps, SMALL).await.end_time.is_none() {
            let request = v1::ResumeSweepRequest {
                name: SMALL.into(),
                ..Default::default()
            };
            allow(sweeps.resume_sweep(request).await.map(drop));
            worker.work_off().await;
        }
    }
}

/// Whoever has left is not heard; the others are, however late.
async fn report(worker: &mut LightWorker, lease: &v1::Lease, op: &Op) {
    let (worker_id, token) = (worker.id.clone(), lease.token.clone());
    match op {
        Op::Renew(_, excused) => {
            let request = v1::RenewLeasesRequest {
                worker_id,
                tokens: vec![token.clone()],
                excused_tokens: excused.then_some(token).into_iter().collect(),
            };
            allow(worker.api.renew_leases(request).await.map(drop));
        }
        Op::Report(_, epochs) => {
            let measurement = |epoch| v1::Measurement {
                epoch,
                ..Default::default()
            };
            let reports = vec![v1::LeaseMeasurements {
                token,
                measurements: (1..=*epochs).map(measurement).collect(),
                ..Default::default()
            }];
            let request = v1::ReportMeasurementsRequest { worker_id, reports };
            allow(worker.api.report_measurements(request).await.map(drop));
        }
        Op::Complete(_) => allow(worker.complete(lease).await),
        Op::Fail(_, kind) => allow(worker.fail(&token, *kind).await),
        op => panic!("{op:?} is no report"),
    }
}

async fn check(ops: &[Op]) {
    let mut world = World::new().await;
    for op in ops {
        world = world.run(op).await;
        world.host.check().await;
    }
    world.work_off().await;
    world.host.check().await;
    let progress = get(&mut world.host.sweeps().await, SMALL).await.progress.unwrap();
    assert_eq!(
        progress.trials_completed + progress.trials_failed,
        progress.trials_total
    );
    world.host.coordinator.stop().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_lost_and_nothing_is_there_twice(ops in prop::collection::vec(op(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&ops));
    }
}
