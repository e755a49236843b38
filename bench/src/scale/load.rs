//! The load: light workers with a connection each, in a process of their own with one thread, so that it takes little from the
//! coordinator that it measures.
//!
//! The process is told what to do by JSON as its argument, says `ready` once every worker is registered, begins with a line on
//! standard input, and ends with a line of JSON.

mod beat;
mod work;

use std::{
    io::{BufRead, Write},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use augur_proto::v1::{self, lease::Work};
use serde::{Deserialize, Serialize};

use super::usage::Usage;
use crate::local::LightWorker;

/// What the workers do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub url: String,
    pub workers: u32,
    pub seconds: f64,
    pub kind: Kind,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// Complete trials as fast as it goes, each worker so many at a time, until the time is over or there are `most`; a trial's
    /// `reports` measurements go in so many `calls`.
    Work {
        slots: u32,
        reports: u32,
        calls: u32,
        most: Option<u64>,
    },
    /// Each worker has one trial at a time, of so many epochs, and once a second sends a heartbeat and reports an epoch. What
    /// happens in the first seconds is not measured.
    Beat { epochs: u32, warm_s: f64 },
}

/// What came of it. Times are in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// Until the last answer.
    pub seconds: f64,
    /// CPU seconds of the process, from its first word on.
    pub cpu_s: f64,
    /// The trials whose completion was acknowledged.
    pub trials: Vec<String>,
    pub evaluations: u64,
    /// Calls that were answered.
    pub calls: u64,
    /// Of calls that gave a lease.
    pub leases: Vec<f64>,
    pub renewals: Vec<f64>,
    pub reports: Vec<f64>,
    pub completions: Vec<f64>,
    /// How late a heartbeat was sent: whether the load itself keeps up.
    pub late: Vec<f64>,
}

impl Done {
    /// Notes what was completed.
    fn completed(&mut self, lease: &v1::Lease) {
        match &lease.work {
            Some(Work::Trial(work)) => self.trials.push(work.trial.clone()),
            _ => self.evaluations += 1,
        }
    }

    /// Adds what another worker did.
    fn add(&mut self, other: Self) {
        self.trials.extend(other.trials);
        self.evaluations += other.evaluations;
        self.calls += other.calls;
        self.leases.extend(other.leases);
        self.renewals.extend(other.renewals);
        self.reports.extend(other.reports);
        self.completions.extend(other.completions);
        self.late.extend(other.late);
    }
}

/// Whether a lease is of a trial, which has measurements.
fn is_trial(lease: &v1::Lease) -> bool {
    matches!(lease.work, Some(Work::Trial(_)))
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// The whole life of such a process.
pub fn run(job: &str) -> Result<()> {
    let job: Job = serde_json::from_str(job).context("the job")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(carry_out(&job))?;
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

async fn carry_out(job: &Job) -> Result<Done> {
    let mut workers = Vec::new();
    for _ in 0..job.workers {
        workers.push(LightWorker::register(&job.url).await?);
    }
    let before = Usage::of(std::process::id())?;
    println!("ready");
    std::io::stdout().flush()?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    let begin = Instant::now();
    let mut done = match job.kind {
        Kind::Work { .. } => work::work(workers, job).await?,
        Kind::Beat { epochs, warm_s } => {
            let warm = Duration::from_secs_f64(warm_s);
            beat::beat(workers, epochs, warm, Duration::from_secs_f64(job.seconds)).await?
        }
    };
    done.seconds = begin.elapsed().as_secs_f64();
    done.cpu_s = Usage::of(std::process::id())?.cpu_s - before.cpu_s;
    Ok(done)
}
