//! Part D: throughput by the number of workers, and what is busy.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::{
    Database, Latency, Setup, account,
    load::{Done, Job, Kind},
    parent,
    submit::{Shape, submit},
    usage::Usage,
};

const LEASE: Duration = Duration::from_secs(120);

/// Throughput with so many workers.
#[derive(Debug, Serialize)]
pub struct Point {
    pub workers: u32,
    pub trials_per_s: f64,
    pub calls_per_s: f64,
    pub leases: Latency,
    pub completions: Latency,
    /// Of a core.
    pub coordinator_cpu: f64,
    pub busiest: (String, f64),
    pub load_cpu: f64,
    pub rss_mib: f64,
    pub written_mib_per_s: f64,
}

/// Each worker has one trial at a time, of `reports` measurements that go in one call.
pub async fn measure(setup: &Setup, workers: &[u32], reports: u32, seconds: f64) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for &workers in workers {
        let database = Database::new(setup.kind, &setup.folder)?;
        let coordinator = setup
            .programs
            .coordinator_on(database.location(), database.folder(), LEASE)?;
        let shape = Shape {
            tasks: 10,
            seeds: 200,
            starts: 50,
        };
        let sweep = submit(&coordinator.url, "saturation", shape).await?.name;
        let kind = Kind::Work {
            slots: 1,
            reports,
            calls: 1,
            most: None,
        };
        let url = coordinator.url.clone();
        let mut load = parent::load(&Job {
            url,
            workers,
            seconds,
            kind,
        })?;
        let before = Usage::of(coordinator.process.id())?;
        load.go()?;
        let done: Done = load.end()?;
        let after = Usage::of(coordinator.process.id())?;
        account::settle(&coordinator.url, &sweep, 0, std::slice::from_ref(&done)).await?;
        coordinator.process.stop()?;
        account::check(&setup.programs.coordinator, &database.location())?;
        let (name, busy) = after.busiest_since(&before);
        let point = Point {
            workers,
            trials_per_s: done.trials.len() as f64 / done.seconds,
            calls_per_s: done.calls as f64 / done.seconds,
            leases: Latency::of(&done.leases),
            completions: Latency::of(&done.completions),
            coordinator_cpu: (after.cpu_s - before.cpu_s) / done.seconds,
            busiest: (name, busy / done.seconds),
            load_cpu: done.cpu_s / done.seconds,
            rss_mib: after.rss_mib,
            written_mib_per_s: (after.written_mib - before.written_mib) / done.seconds,
        };
        eprintln!("  {workers} workers: {:.0} trials/s", point.trials_per_s);
        points.push(point);
    }
    Ok(points)
}
