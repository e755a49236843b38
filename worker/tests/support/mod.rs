//! What the worker's tests share: small trials on real images, real processes, waiting with a deadline.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses its own part, and ends where it can not go on"
)]

use augur_core::{plan::Plan, spec::parse};
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    future::Future,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tonic::transport::Channel;

/// Nothing here takes longer, on a busy machine either; less than what nextest grants, so that a test can still say what it saw.
pub const LIMIT: Duration = Duration::from_secs(100);

/// The worker's program.
pub fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_augur-worker").into()
}

/// The folder at which relative data folders start.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A sweep of two trials: sneakers of 12 pixels, one of them turned by 150 degrees to be found.
pub fn spec(name: &str, epochs: u32) -> String {
    // The first of several epochs is the warm-up; a single one is tuned.
    let warmup = u32::from(epochs > 1);
    format!(
        "\
version: 1
name: {name}
data: {{fashion_mnist: {{size_px: 12}}}}
split: {{train: 64, held_out: 16, validation_normal: 24, validation_anomalous: 16}}
tasks: [{{normal: sneaker, anomaly: {{planted: {{rotate_deg: 150}}}}}}]
families: [{{rotation: {{starts: [{{angle_deg: 110}}, {{angle_deg: 195}}]}}}}]
seeds: [0]
detector: {{tiny: {{}}}}
training: {{epochs: {epochs}, batch: 32, optimiser: {{adam: {{lr: 0.01}}}}}}
tuning: {{warmup_epochs: {warmup}, validation_batch: 16}}
resources: {{device: cpu}}
"
    )
}

/// The plan of [`spec`].
pub fn plan(epochs: u32) -> Plan {
    Plan::new(parse(&spec("tiny", epochs)).unwrap())
}

/// A process that ends with the test.
pub struct Running(pub Child);

impl Running {
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A coordinator with a store of its own.
pub struct Coordinator {
    pub url: String,
    pub client: SweepServiceClient<Channel>,
    pub folder: TempDir,
    process: Running,
}

impl Coordinator {
    /// With an empty store, on a free port.
    pub async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, url) = listen("127.0.0.1:0", &folder, arguments);
        let client = SweepServiceClient::connect(url.clone()).await.unwrap();
        Self {
            url,
            client,
            folder,
            process,
        }
    }

    /// Kills it, waits for `meanwhile`, and starts it again at the same address on the same store.
    pub async fn restart(&mut self, meanwhile: impl Future<Output = ()>) {
        signal(self.process.pid(), Signal::KILL);
        self.process.0.wait().unwrap();
        meanwhile.await;
        let address = self.url.strip_prefix("http://").unwrap();
        (self.process, _) = listen(address, &self.folder, &[]);
        self.client = SweepServiceClient::connect(self.url.clone()).await.unwrap();
    }

    /// A worker of one slot for this coordinator; its log is `worker.log`.
    pub fn worker(&self, arguments: &[&str]) -> Running {
        self.worker_of("1", arguments)
    }

    /// The same with so many slots.
    pub fn worker_of(&self, slots: &str, arguments: &[&str]) -> Running {
        self.worker_with_log(&self.log(), slots, arguments)
    }

    /// The same with a log of its own.
    pub fn worker_with_log(&self, log: &Path, slots: &str, arguments: &[&str]) -> Running {
        let log = File::create(log).unwrap();
        let worker = Command::new(program())
            .args(["--coordinator", &self.url, "--slots", slots, "--base-dir"])
            .arg(workspace())
            .args(arguments)
            .env("AWS_SECRET_ACCESS_KEY", "of the worker alone")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        Running(worker.unwrap())
    }

    /// The worker's log.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("worker.log")
    }

    pub async fn submit(&self, spec_yaml: String) -> v1::Sweep {
        let request = v1::CreateSweepRequest {
            spec_yaml,
            ..Default::default()
        };
        self.client.clone().create_sweep(request).await.unwrap().into_inner()
    }

    pub async fn sweep(&self, name: &str) -> v1::Sweep {
        let request = v1::GetSweepRequest { name: name.to_owned() };
        self.client.clone().get_sweep(request).await.unwrap().into_inner()
    }

    pub async fn trials(&self, sweep: &str) -> Vec<v1::Trial> {
        let request = v1::ListTrialsRequest {
            parent: sweep.to_owned(),
            ..Default::default()
        };
        self.client
            .clone()
            .list_trials(request)
            .await
            .unwrap()
            .into_inner()
            .trials
    }

    /// The numbers of epochs measured, for each trial that has any.
    pub async fn epochs(&self, sweep: &str) -> Vec<usize> {
        let request = v1::ListMeasurementsRequest {
            parent: format!("{sweep}/trials/-"),
            group: Some(0),
        };
        let answer = self
            .client
            .clone()
            .list_measurements(request)
            .await
            .unwrap()
            .into_inner();
        answer.trials.iter().map(|trial| trial.measurements.len()).collect()
    }

    pub async fn leaderboard(&self, name: &str) -> v1::Leaderboard {
        let request = v1::GetLeaderboardRequest { name: name.to_owned() };
        self.client.clone().get_leaderboard(request).await.unwrap().into_inner()
    }

    /// The sweep once it is over.
    pub async fn end_of(&self, sweep: &str) -> v1::Sweep {
        let over = async || {
            let sweep = self.sweep(sweep).await;
            (sweep.end_time.is_some()).then_some(sweep)
        };
        wait_for("the end of the sweep", over).await
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!(
                "the worker's log:\n{}",
                fs::read_to_string(self.log()).unwrap_or_default()
            );
        }
    }
}

/// Starts a coordinator's process; gives its address too.
fn listen(address: &str, folder: &TempDir, arguments: &[&str]) -> (Running, String) {
    let program = program().with_file_name("augur-coordinator");
    assert!(
        program.exists(),
        "{} is missing; build it first: make setup",
        program.display()
    );
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.path().join("coordinator.log"))
        .unwrap();
    let mut process = Command::new(program)
        .args(["--listen", address, "--http", "off", "--store"])
        .arg(folder.path().join("store.sqlite"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line
        .trim()
        .strip_prefix("listening on ")
        .unwrap_or_else(|| panic!("it said {line:?}"))
        .to_owned();
    (Running(process), url)
}

/// Looks again and again until `condition` gives a value.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, condition: impl Fn() -> F) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(begin.elapsed() < LIMIT, "waited {LIMIT:?} in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The child processes of a process.
pub fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// Whether a process runs; a zombie doesn't.
pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z")
}

/// State and parent, the third and fourth fields of /proc/PID/stat; the second, the name, may hold spaces.
fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// Sends a signal; a process that is gone already is no error.
pub fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => panic!("{error}"),
    }
}
