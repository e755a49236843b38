//! Workers that are at work: a heartbeat and an epoch each second, and now and then the next trial.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use augur_proto::v1;
use tokio::{task::JoinSet, time::sleep_until};

use super::{Done, is_trial, millis};
use crate::local::LightWorker;

/// The time between two heartbeats of a worker.
const BEAT: Duration = Duration::from_secs(1);

pub(super) async fn beat(workers: Vec<LightWorker>, epochs: u32, warm: Duration, measured: Duration) -> Result<Done> {
    let begin = Instant::now();
    let count = workers.len().max(1) as f64;
    let mut tasks = JoinSet::new();
    for (index, worker) in (0_u32..).zip(workers) {
        let one = One {
            worker,
            epochs,
            // Trials end evenly over time: they begin as if some of their epochs were over.
            epoch: 1 + index % epochs,
            lease: None,
            done: Done::default(),
        };
        let first = begin + BEAT.mul_f64(f64::from(index) / count);
        tasks.spawn(one.live(first, begin + warm, begin + warm + measured));
    }
    let mut all = Done::default();
    while let Some(done) = tasks.join_next().await {
        all.add(done??);
    }
    Ok(all)
}

struct One {
    worker: LightWorker,
    epochs: u32,
    epoch: u32,
    lease: Option<v1::Lease>,
    done: Done,
}

impl One {
    async fn live(mut self, first: Instant, measured: Instant, end: Instant) -> Result<Done> {
        let mut next = first;
        while next < end {
            sleep_until(next.into()).await;
            let counts = next >= measured;
            if counts {
                self.done.late.push(millis(next));
            }
            if self.lease.is_none() {
                self.acquire(counts).await?;
            }
            self.one_beat(counts).await?;
            next += BEAT;
        }
        // Nothing is left in its hands.
        if let Some(lease) = self.lease.take() {
            self.hand_in(&lease, false).await?;
        }
        Ok(self.done)
    }

    async fn one_beat(&mut self, counts: bool) -> Result<()> {
        let lease = self.lease.clone().context("there is a lease")?;
        timed(self.worker.renew(), counts, &mut self.done.renewals).await?;
        let report = self.worker.report(&lease.token, self.epoch..self.epoch + 1);
        timed(report, counts, &mut self.done.reports).await?;
        self.done.calls += 2;
        self.epoch += 1;
        if self.epoch > self.epochs {
            self.hand_in(&lease, counts).await?;
            self.epoch = 1;
            self.acquire(counts).await?;
        }
        Ok(())
    }

    /// The next trial; evaluations that come before are done at once.
    async fn acquire(&mut self, counts: bool) -> Result<()> {
        loop {
            let mut leases = timed(self.worker.acquire(1), counts, &mut self.done.leases).await?;
            self.done.calls += 1;
            let lease = leases.pop().context("the sweep has too few trials")?;
            if is_trial(&lease) {
                self.lease = Some(lease);
                return Ok(());
            }
            self.hand_in(&lease, counts).await?;
        }
    }

    async fn hand_in(&mut self, lease: &v1::Lease, counts: bool) -> Result<()> {
        timed(self.worker.complete(lease), counts, &mut self.done.completions).await?;
        self.worker.let_go(&lease.token);
        self.done.calls += 1;
        self.done.completed(lease);
        Ok(())
    }
}

/// Notes how long a call takes, where that counts.
async fn timed<T>(call: impl Future<Output = Result<T>>, counts: bool, times: &mut Vec<f64>) -> Result<T> {
    let begin = Instant::now();
    let answer = call.await?;
    if counts {
        times.push(millis(begin));
    }
    Ok(answer)
}
