//! Part C: a store with very many trials.

mod ask;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use super::{
    Database, Latency, Setup, account,
    load::{Done, Job, Kind},
    parent,
    submit::{Shape, submit},
    usage::Usage,
};
use crate::local::{Coordinator, LightWorker};

pub use ask::Asked;

const LEASE: Duration = Duration::from_secs(600);
/// Trials of a group.
const STARTS: u32 = 1000;

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// A multiple of 10,000.
    pub trials: u32,
    /// Of those, completed before it is asked for anything.
    pub done: u32,
    /// Measurements of each of these.
    pub reports: u32,
    /// Leases of which the cost is measured.
    pub leases: u32,
}

/// Seconds, unless said otherwise.
#[derive(Debug, Serialize)]
pub struct Million {
    pub size: Size,
    pub submit_s: f64,
    pub completed: u32,
    pub trials_per_s: f64,
    /// Milliseconds, with 1,000 trials in the store and with all of them: after the submission, and after the completions.
    pub lease_few: [Latency; 2],
    pub lease_many: [Latency; 2],
    /// Resident: after the start, after the submission, after the completions, after all questions.
    pub rss_mib: [f64; 4],
    pub peak_mib: f64,
    pub store_mib: f64,
    pub asked: Vec<Asked>,
    /// Until a coordinator that is started on it listens.
    pub restart_s: f64,
    pub restarted_mib: f64,
}

pub async fn measure(setup: &Setup, size: Size) -> Result<Million> {
    let databases = [
        Database::new(setup.kind, &setup.folder)?,
        Database::new(setup.kind, &setup.folder)?,
    ];
    let start = |database: &Database| {
        setup
            .programs
            .coordinator_on(database.location(), database.folder(), LEASE)
    };
    let [few, many] = [start(&databases[0])?, start(&databases[1])?];
    let resident = || Usage::of(many.process.id());
    let begun = resident()?.rss_mib;
    let few_shape = Shape {
        tasks: 1,
        seeds: 1,
        starts: STARTS,
    };
    submit(&few.url, "few", few_shape).await?;
    let shape = Shape {
        tasks: 10,
        seeds: size.trials / 10 / STARTS,
        starts: STARTS,
    };
    let begin = Instant::now();
    let sweep = submit(&many.url, "many", shape).await?;
    let submit_s = begin.elapsed().as_secs_f64();
    eprintln!("  {} trials submitted in {submit_s:.1} s", size.trials);
    let submitted = resident()?.rss_mib;
    let first = compare(&few, &many, size.leases).await?;
    let done = complete(&many, size).await?;
    let worked = resident()?.rss_mib;
    let before = size.leases;
    let completed = account::settle(&many.url, &sweep.name, before, std::slice::from_ref(&done)).await?;
    let second = compare(&few, &many, size.leases).await?;
    let asked = ask::everything(setup, &many, &sweep).await?;
    let last = resident()?;
    few.process.stop()?;
    many.process.stop()?;
    let begin = Instant::now();
    let again = start(&databases[1])?;
    let restart_s = begin.elapsed().as_secs_f64();
    let restarted_mib = Usage::of(again.process.id())?.rss_mib;
    again.process.stop()?;
    account::check(&setup.programs.coordinator, &databases[1].location())?;
    Ok(Million {
        size,
        submit_s,
        completed,
        trials_per_s: done.trials.len() as f64 / done.seconds,
        lease_few: [first[0], second[0]],
        lease_many: [first[1], second[1]],
        rss_mib: [begun, submitted, worked, last.rss_mib],
        peak_mib: last.peak_mib,
        store_mib: databases[1].bytes()? as f64 / f64::from(1 << 20),
        asked,
        restart_s,
        restarted_mib,
    })
}

/// What a lease costs with few trials and with many, in turn; each is handed in.
async fn compare(few: &Coordinator, many: &Coordinator, leases: u32) -> Result<[Latency; 2]> {
    let mut workers = [
        LightWorker::register(&few.url).await?,
        LightWorker::register(&many.url).await?,
    ];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..leases {
        for (worker, times) in workers.iter_mut().zip(&mut times) {
            let begin = Instant::now();
            let leases = worker.acquire(1).await?;
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
            let lease = leases.first().context("the sweep has too few trials")?;
            worker.complete(lease).await?;
            worker.has_nothing();
        }
    }
    let [few, many] = times.map(|times| Latency::of(&times));
    eprintln!("  a lease: {few} ms with few trials, {many} ms with many");
    Ok([few, many])
}

async fn complete(many: &Coordinator, size: Size) -> Result<Done> {
    let job = Job {
        url: many.url.clone(),
        workers: 32,
        seconds: 24.0 * 3600.0,
        kind: Kind::Work {
            slots: 16,
            reports: size.reports,
            calls: 1,
            most: Some(u64::from(size.done)),
        },
    };
    let mut load = parent::load(&job)?;
    load.go()?;
    let done: Done = load.end()?;
    eprintln!("  {} trials completed in {:.0} s", done.trials.len(), done.seconds);
    Ok(done)
}
