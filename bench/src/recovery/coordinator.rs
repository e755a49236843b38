//! From SIGKILL of the coordinator to the first new lease after its restart, with many trials in SQLite.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient};
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    local::{LightWorker, Programs},
    sample::Spread,
};

/// Trials of a (task, seed).
const STARTS: u32 = 100;
/// Leases that one call asks for.
const BATCH: u32 = 250;
/// Longer than the measurement: no lease ends during it.
const LEASE: Duration = Duration::from_secs(600);
/// How long a worker completes trials as fast as it can before the coordinator is killed.
const BUSY: Duration = Duration::from_millis(30);

/// What the store holds when the coordinator is killed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Load {
    /// Trials of the sweep, a multiple of 100.
    pub trials: u32,
    /// Of those, completed before the first kill; evaluations of their groups count too.
    pub completed: u32,
    /// Of those, leased when it is killed.
    pub leased: u32,
}

/// Times after SIGKILL of the coordinator, seconds.
#[derive(Debug, Serialize)]
pub struct AfterCoordinator {
    pub load: Load,
    pub repeats: usize,
    /// Size of the database and its log.
    pub bytes: u64,
    /// Until its process has ended.
    pub ended: Spread,
    /// From there until it listens again, started at once.
    pub listening: Spread,
    /// From SIGKILL until a worker has a new lease.
    pub leased: Spread,
}

/// Kills the coordinator in the middle of its work and starts it again, `repeats` times.
pub async fn measure(programs: &Programs, load: Load, repeats: usize, folder: &Path) -> Result<AfterCoordinator> {
    let (mut process, mut url) = programs.coordinator(folder, LEASE)?;
    submit(&url, load.trials).await?;
    let mut worker = LightWorker::register(&url).await?;
    work_off(&mut worker, load.completed).await?;
    // Held by another one: a worker that asks for more names all that it has.
    take(&mut LightWorker::register(&url).await?, load.leased).await?;
    let (mut ended, mut listening, mut leased) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..repeats {
        // Some of the last commits are in the log alone.
        work_off(&mut worker, 20).await?;
        let busy = tokio::spawn(hurry(LightWorker::register(&url).await?));
        sleep(BUSY).await;
        let begin = Instant::now();
        process.kill()?;
        process.wait()?;
        let end = begin.elapsed();
        (process, url) = programs.coordinator(folder, LEASE)?;
        let listens = begin.elapsed();
        worker = worker.at(&url).await?;
        let first = worker.acquire(1).await?;
        let recovered = begin.elapsed();
        ensure!(!first.is_empty(), "no trial is left to lease");
        // Else the next round would be given this one again, not a new one.
        for lease in &first {
            worker.complete(lease).await?;
        }
        busy.await.context("the busy worker")?;
        ended.push(end.as_secs_f64());
        listening.push((listens - end).as_secs_f64());
        leased.push(recovered.as_secs_f64());
        eprintln!(
            "{} trials: a new lease after {:.3} s",
            load.trials,
            recovered.as_secs_f64()
        );
    }
    Ok(AfterCoordinator {
        load,
        repeats,
        bytes: size(folder)?,
        ended: Spread::of(&ended),
        listening: Spread::of(&listening),
        leased: Spread::of(&leased),
    })
}

async fn submit(url: &str, trials: u32) -> Result<()> {
    let seeds: Vec<String> = (0..trials / STARTS).map(|seed| seed.to_string()).collect();
    let seeds = seeds.join(", ");
    let spec_yaml = format!(
        "\
version: 1
name: recovery
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: sneaker, anomaly: {{class: dress}}}}]
families: [{{rotation: {{starts: {{grid: {STARTS}}}}}}}]
seeds: [{seeds}]
"
    );
    let request = v1::CreateSweepRequest {
        spec_yaml,
        ..Default::default()
    };
    let mut api = SweepServiceClient::connect(url.to_owned()).await?;
    let sweep = api.create_sweep(request).await?.into_inner();
    let total = sweep.progress.unwrap_or_default().trials_total;
    ensure!(total == trials, "{total} trials instead of {trials}");
    Ok(())
}

/// Takes leases and keeps them.
async fn take(worker: &mut LightWorker, count: u32) -> Result<()> {
    let mut left = count;
    while left > 0 {
        let got = worker.acquire(left.min(BATCH)).await?.len();
        ensure!(got > 0, "the sweep has too few trials");
        left -= u32::try_from(got)?;
    }
    Ok(())
}

/// Completes what there is to do, many calls at a time.
async fn work_off(worker: &mut LightWorker, count: u32) -> Result<()> {
    let mut left = count;
    while left > 0 {
        let leases = worker.acquire(left.min(BATCH)).await?;
        ensure!(!leases.is_empty(), "the sweep has too few trials");
        left -= u32::try_from(leases.len())?;
        let mut calls = tokio::task::JoinSet::new();
        for lease in leases {
            let mut worker = worker.clone();
            calls.spawn(async move { worker.complete(&lease).await });
        }
        while let Some(done) = calls.join_next().await {
            done??;
        }
        worker.has_nothing();
    }
    Ok(())
}

/// Works until the coordinator is gone.
async fn hurry(mut worker: LightWorker) {
    while let Ok(leases) = worker.acquire(1).await {
        for lease in &leases {
            if worker.complete(lease).await.is_err() {
                return;
            }
        }
    }
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("store.sqlite") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
