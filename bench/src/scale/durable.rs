//! Part A: trials per second, beside Optuna through its gRPC proxy and Ray Tune.

use std::{
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{
    Database, Setup, account,
    load::{Job, Kind},
    parent::{self, Ready},
    submit::{Shape, submit},
    usage::Usage,
};
use crate::local::Process;

/// Longer than any measurement: no lease ends during it.
const LEASE: Duration = Duration::from_secs(120);

/// The size of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Client processes of each side.
    pub processes: u32,
    /// Trials at a time in each.
    pub slots: u32,
    /// Measurements of a trial.
    pub reports: u32,
    pub seconds: f64,
    /// Trials of Ray's side.
    pub ray_trials: u32,
}

/// What one side came to.
#[derive(Debug, Serialize)]
pub struct Side {
    pub name: String,
    pub durability: &'static str,
    pub trials: usize,
    pub seconds: f64,
    /// CPU seconds of the server and of all clients, where they are known.
    pub server_cpu_s: Option<f64>,
    pub clients_cpu_s: Option<f64>,
}

impl Side {
    pub fn rate(&self) -> f64 {
        self.trials as f64 / self.seconds
    }
}

/// What augur's figure means.
const AUGUR: &str = "each measurement, completion and lease is in a committed transaction on disk before its answer";
const OPTUNA: &str = "each value and state is committed before its answer";
const RAY: &str = "results are appended to files without fsync, the experiment's state is written every 10 s or more";

/// Augur's ways: trials at a time in each process, calls for the measurements of a trial.
fn ways(size: Size) -> [(String, u32, u32); 3] {
    let Size { slots, reports, .. } = size;
    [
        (
            format!("augur, {slots} slots a process, measurements in one call as workers send them"),
            slots,
            1,
        ),
        (
            format!("augur, {slots} slots, a call for each measurement"),
            slots,
            reports,
        ),
        ("augur, 1 slot, a call for each measurement".into(), 1, reports),
    ]
}

/// Augur's sides.
pub async fn augur(setup: &Setup, size: Size) -> Result<Vec<Side>> {
    let mut sides = Vec::new();
    for (name, slots, calls) in ways(size) {
        let database = Database::new(setup.kind, &setup.folder)?;
        let coordinator = setup
            .programs
            .coordinator_on(database.location(), database.folder(), LEASE)?;
        let shape = Shape {
            tasks: 10,
            seeds: 200,
            starts: 50,
        };
        let sweep = submit(&coordinator.url, "durable", shape).await?.name;
        let job = Job {
            url: coordinator.url.clone(),
            workers: 1,
            seconds: size.seconds,
            kind: Kind::Work {
                slots,
                reports: size.reports,
                calls,
                most: None,
            },
        };
        let loads = (0..size.processes).map(|_| parent::load(&job)).collect::<Result<_>>()?;
        let before = Usage::of(coordinator.process.id())?;
        let done = parent::together(loads)?;
        let after = Usage::of(coordinator.process.id())?;
        account::settle(&coordinator.url, &sweep, 0, &done).await?;
        coordinator.process.stop()?;
        account::check(&setup.programs.coordinator, &database.location())?;
        sides.push(Side {
            name,
            durability: AUGUR,
            trials: done.iter().map(|done| done.trials.len()).sum(),
            seconds: done.iter().map(|done| done.seconds).fold(0.0, f64::max),
            server_cpu_s: Some(after.cpu_s - before.cpu_s),
            clients_cpu_s: Some(done.iter().map(|done| done.cpu_s).sum()),
        });
        tell(sides.last());
    }
    Ok(sides)
}

/// What a client of Optuna says.
#[derive(Deserialize)]
struct Said {
    trials: usize,
    seconds: f64,
    cpu: Option<f64>,
}

/// Optuna's sides: one trial at a time in each process, and as many as augur's slots.
pub fn optuna(setup: &Setup, size: Size) -> Result<Vec<Side>> {
    let script = setup.peers.join("optuna_trials.py");
    let mut sides = Vec::new();
    for jobs in [1, size.slots] {
        let database = Database::new(setup.kind, &setup.folder)?;
        let port = free_port()?.to_string();
        let mut server = Command::new(&setup.python);
        server
            .arg(&script)
            .args(["server", &database.alchemy(), &port])
            .stdout(Stdio::null());
        let server = Process::new(server.spawn()?);
        let arguments = [
            port,
            size.reports.to_string(),
            jobs.to_string(),
            size.seconds.to_string(),
        ];
        let client = || Ready::begin(Command::new(&setup.python).arg(&script).arg("client").args(&arguments));
        let mut clients = (0..size.processes).map(|_| client()).collect::<Result<Vec<_>>>()?;
        for client in &mut clients {
            client.wait()?;
        }
        let before = Usage::of(server.id())?;
        for client in &mut clients {
            client.go()?;
        }
        let said = clients.into_iter().map(Ready::end).collect::<Result<Vec<Said>>>()?;
        sides.push(Side {
            name: format!("Optuna, gRPC proxy, n_jobs={jobs}"),
            durability: OPTUNA,
            trials: said.iter().map(|said| said.trials).sum(),
            seconds: said.iter().map(|said| said.seconds).fold(0.0, f64::max),
            server_cpu_s: Some(Usage::of(server.id())?.cpu_s - before.cpu_s),
            clients_cpu_s: said.iter().map(|said| said.cpu).sum(),
        });
        tell(sides.last());
    }
    Ok(sides)
}

/// Ray's side, a process for each trial that runs.
pub fn ray(setup: &Setup, size: Size) -> Result<Side> {
    let folder = tempfile::tempdir_in(&setup.folder)?;
    let arguments = [size.ray_trials, size.processes, size.reports].map(|number| number.to_string());
    let mut command = Command::new(&setup.python);
    command
        .arg(setup.peers.join("ray_trials.py"))
        .arg(folder.path())
        .args(arguments);
    command.stderr(Stdio::null());
    let said: Said = Ready::begin(&mut command)?.end()?;
    let side = Side {
        name: "Ray Tune, actors used again".into(),
        durability: RAY,
        trials: said.trials,
        seconds: said.seconds,
        server_cpu_s: None,
        clients_cpu_s: None,
    };
    tell(Some(&side));
    Ok(side)
}

fn tell(side: Option<&Side>) {
    if let Some(side) = side {
        eprintln!("  {}: {:.1} trials/s", side.name, side.rate());
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
