//! Workers that complete trials as fast as they are given any.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use augur_proto::v1;
use tokio::task::JoinSet;

use super::{Done, Job, Kind, is_trial, millis};
use crate::local::LightWorker;

/// How long a worker waits for work before it looks whether the time is over.
const WAIT: Duration = Duration::from_millis(500);

/// How a trial is worked off.
#[derive(Clone, Copy)]
struct Way {
    slots: u32,
    reports: u32,
    calls: u32,
    until: Instant,
}

pub(super) async fn work(workers: Vec<LightWorker>, job: &Job) -> Result<Done> {
    let Kind::Work {
        slots,
        reports,
        calls,
        most,
    } = job.kind
    else {
        return Ok(Done::default());
    };
    let way = Way {
        slots,
        reports,
        calls,
        until: Instant::now() + Duration::from_secs_f64(job.seconds),
    };
    let left = Arc::new(AtomicU64::new(most.unwrap_or(u64::MAX)));
    let mut tasks = JoinSet::new();
    for worker in workers {
        tasks.spawn(one(worker, way, Arc::clone(&left)));
    }
    let mut all = Done::default();
    while let Some(done) = tasks.join_next().await {
        all.add(done??);
    }
    Ok(all)
}

/// A worker: leases for all its slots, works them off, asks for more.
async fn one(mut worker: LightWorker, way: Way, left: Arc<AtomicU64>) -> Result<Done> {
    let mut done = Done::default();
    while Instant::now() < way.until && left.load(Ordering::Relaxed) > 0 {
        let begin = Instant::now();
        let leases = worker.wait(way.slots, WAIT).await?;
        done.calls += 1;
        if leases.is_empty() {
            continue;
        }
        done.leases.push(millis(begin));
        let trials = leases.iter().filter(|lease| is_trial(lease)).count() as u64;
        let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_sub(trials))
        });
        let mut slots = JoinSet::new();
        for lease in leases {
            slots.spawn(slot(worker.clone(), lease, way));
        }
        while let Some(part) = slots.join_next().await {
            done.add(part??);
        }
        worker.has_nothing();
    }
    Ok(done)
}

/// Everything under one lease.
async fn slot(mut worker: LightWorker, lease: v1::Lease, way: Way) -> Result<Done> {
    let mut done = Done::default();
    if is_trial(&lease) {
        for call in 0..way.calls {
            let epoch = |call| 1 + call * way.reports / way.calls;
            let begin = Instant::now();
            worker.report(&lease.token, epoch(call)..epoch(call + 1)).await?;
            done.reports.push(millis(begin));
            done.calls += 1;
        }
    }
    let begin = Instant::now();
    worker.complete(&lease).await?;
    done.completions.push(millis(begin));
    done.calls += 1;
    done.completed(&lease);
    Ok(done)
}
