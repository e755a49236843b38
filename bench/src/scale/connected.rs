//! Part B: many connected workers, each with a trial, a heartbeat and an epoch a second.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::{
    Database, Latency, Setup, account,
    load::{Job, Kind},
    parent,
    submit::{Shape, submit},
    usage::Usage,
};

/// How long a lease lasts: as by default. Heartbeats come more often than they have to.
const LEASE: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    pub workers: u32,
    /// Of a trial: it takes as many seconds.
    pub epochs: u32,
    /// Not measured.
    pub warm_s: f64,
    pub seconds: f64,
}

/// Latencies in milliseconds.
#[derive(Debug, Serialize)]
pub struct Connected {
    pub size: Size,
    pub leases: Latency,
    pub renewals: Latency,
    pub reports: Latency,
    pub completions: Latency,
    pub calls_per_s: f64,
    /// Of a core.
    pub coordinator_cpu: f64,
    /// Its busiest thread, and how much of a core that used.
    pub busiest: (String, f64),
    pub rss_mib: f64,
    pub peak_mib: f64,
    pub written_mib_per_s: f64,
    /// The load's own CPU, of a core, and how late its heartbeats were sent.
    pub load_cpu: f64,
    pub late: Latency,
}

pub async fn measure(setup: &Setup, size: Size) -> Result<Connected> {
    let database = Database::new(setup.kind, &setup.folder)?;
    let coordinator = setup
        .programs
        .coordinator_on(database.location(), database.folder(), LEASE)?;
    let needed = f64::from(size.workers) * (2.0 + (size.warm_s + size.seconds) / f64::from(size.epochs));
    let shape = Shape {
        tasks: 10,
        seeds: (needed / 500.0).ceil() as u32,
        starts: 50,
    };
    let sweep = submit(&coordinator.url, "connected", shape).await?.name;
    let job = Job {
        url: coordinator.url.clone(),
        workers: size.workers,
        seconds: size.seconds,
        kind: Kind::Beat {
            epochs: size.epochs,
            warm_s: size.warm_s,
        },
    };
    let mut load = parent::load(&job)?;
    let (of, by) = (coordinator.process.id(), load.id());
    load.go()?;
    tokio::time::sleep(Duration::from_secs_f64(size.warm_s)).await;
    let before = [Usage::of(of)?, Usage::of(by)?];
    tokio::time::sleep(Duration::from_secs_f64(size.seconds)).await;
    let after = [Usage::of(of)?, Usage::of(by)?];
    let done = load.end::<super::load::Done>()?;
    account::settle(&coordinator.url, &sweep, 0, std::slice::from_ref(&done)).await?;
    coordinator.process.stop()?;
    account::check(&setup.programs.coordinator, &database.location())?;
    let (name, busy) = after[0].busiest_since(&before[0]);
    let connected = Connected {
        size,
        leases: Latency::of(&done.leases),
        renewals: Latency::of(&done.renewals),
        reports: Latency::of(&done.reports),
        completions: Latency::of(&done.completions),
        calls_per_s: done.calls as f64 / done.seconds,
        coordinator_cpu: (after[0].cpu_s - before[0].cpu_s) / size.seconds,
        busiest: (name, busy / size.seconds),
        rss_mib: after[0].rss_mib,
        peak_mib: after[0].peak_mib,
        written_mib_per_s: (after[0].written_mib - before[0].written_mib) / size.seconds,
        load_cpu: (after[1].cpu_s - before[1].cpu_s) / size.seconds,
        late: Latency::of(&done.late),
    };
    eprintln!(
        "  {} workers: a lease takes {} ms, the coordinator {:.2} of a core",
        size.workers, connected.leases, connected.coordinator_cpu
    );
    Ok(connected)
}
