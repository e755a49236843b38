//! Sweeps on a real Slurm: whatever that does to the jobs, the leaderboard is that of `augur run`, and no attempt is charged.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_proto::v1::{self, CauseKind};
use augur_tests::{
    bin,
    crew::Coordinator,
    process::wait_for,
    slurm::{Cluster, LIMIT, Launch},
    sweep::{config, run, without_times},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::{TempDir, tempdir};

/// Trials of SEEDS seeds and three starting points.
const SPEC: &str = "\
version: 1
name: on-slurm
data: {fashion_mnist: {size_px: 12}}
split: {train: 128, validation_normal: 48, validation_anomalous: 32}
tasks:
  - {normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}
families:
  - rotation: {starts: [{angle_deg: 110}, {angle_deg: 195}, {angle_deg: 300}]}
seeds: SEEDS
detector: {resnet: {width: 4, head: 16}}
training: {epochs: EPOCHS, batch: 32}
tuning: {warmup_epochs: 2}
resources: {device: cpu}
";

/// How long a trial should take: long enough for Slurm to disturb it.
const SECONDS: f64 = 6.0;

fn spec(seeds: &str, epochs: u32) -> String {
    SPEC.replace("SEEDS", seeds).replace("EPOCHS", &epochs.to_string())
}

/// How many epochs this machine does in that time.
fn epochs(folder: &Path) -> u32 {
    const TRIED: u32 = 8;
    let board = run(&config(folder, &spec("[0]", TRIED)), &folder.join("pace"), 1);
    let seconds = board["tasks"][0]["selected"]["seconds"].as_f64().unwrap();
    (f64::from(TRIED) * SECONDS / seconds).clamp(4.0, 400.0) as u32
}

struct Bench {
    folder: TempDir,
    config: PathBuf,
    spec: String,
}

impl Bench {
    fn new(seeds: &str) -> Self {
        let folder = tempdir().unwrap();
        let spec = spec(seeds, epochs(folder.path()));
        // Names as people give them.
        let config = folder.path().join("it's a config.yaml");
        fs::write(&config, &spec).unwrap();
        Self { folder, config, spec }
    }

    /// What `augur run` makes of it.
    fn calm(&self) -> Value {
        without_times(run(
            &config(self.folder.path(), &self.spec),
            &self.folder.path().join("calm"),
            2,
        ))
    }

    fn launch<'a>(&self, cluster: &'a Cluster) -> Launch<'a> {
        Launch {
            cluster,
            config: self.config.clone(),
            out: self.folder.path().join("a run's folder %j"),
        }
    }

    /// Why attempts of the finished sweep came to nothing.
    fn causes(&self, launch: &Launch) -> Vec<CauseKind> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (store, logs) = (launch.out.join("augur.sqlite"), self.folder.path());
            let coordinator = Coordinator::start(&store, logs, Duration::from_secs(15)).await.unwrap();
            let history = coordinator.api().history("sweeps/on-slurm").await.unwrap();
            let again = |trial: &&v1::Trial| trial.state() != v1::TrialState::Completed && trial.cause.is_some();
            let back = |trial: &&v1::Trial| trial.state() == v1::TrialState::Pending;
            history
                .iter()
                .filter(again)
                .filter(back)
                .filter_map(|trial| Some(trial.cause.as_ref()?.kind()))
                .collect()
        })
    }
}

#[test]
fn short_a_sweep_on_slurm_is_that_of_one_machine_also_when_a_worker_is_put_back_into_the_queue() {
    let Some(cluster) = Cluster::start() else { return };
    let bench = Bench::new("[0, 1]");
    let launch = bench.launch(&cluster);
    let jobs = launch.submit(&["--workers", "2"]).unwrap();
    assert_eq!(jobs.len(), 2);
    launch.wait_for_trials(1);
    let said = launch.submit(&["--workers", "2"]).unwrap_err();
    assert!(said.contains("--workers-only"), "{said}");
    let status = launch.status().unwrap();
    assert!(
        status.contains("of 6 trials completed") && status.contains("watch: augur watch"),
        "{status}"
    );

    let back = format!("{}_0", jobs[1]);
    cluster.run("scontrol", &["requeue", &back]);
    let board = launch.wait_for_end(&jobs);
    assert_eq!(board, bench.calm());
    assert_eq!(cluster.restarts(&back), 1);
    assert!(
        bench.causes(&launch).iter().all(|kind| *kind == CauseKind::Preempted),
        "{:?}",
        bench.causes(&launch)
    );
    assert!(launch.out.join("models").is_dir() && launch.out.join("report.html").is_file());
    assert!(launch.status().unwrap().contains("is over"), "{:?}", launch.status());
    // It ended by itself, not by scancel.
    let ends: Vec<_> = cluster.jobs().into_iter().map(|job| job.state).collect();
    assert!(
        ends.iter().all(|state| state == "COMPLETED"),
        "{ends:?}\n{}",
        launch.logs("")
    );
}

#[test]
fn whatever_slurm_does_to_the_jobs_changes_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    let bench = Bench::new("[0, 1, 2, 3]");
    let launch = bench.launch(&cluster);
    let begun = || launch.logs("worker-").matches("trial begins").count();
    // The first worker reaches its time limit, the shortest that Slurm has.
    let mut jobs = launch
        .submit(&[
            "--coordinator-sbatch=--nodelist=n2",
            "--sbatch=--nodelist=n1",
            "--sbatch=--time=1",
            "--warn-seconds=40",
        ])
        .unwrap();
    let (coordinator, limited) = (jobs[0].clone(), format!("{}_0", jobs[1]));
    wait_for("a trial", LIMIT, || (begun() > 0).then_some(()));

    // The coordinator is put back while it runs, and an array joins meanwhile.
    cluster.run("scontrol", &["requeue", &coordinator]);
    let joined = launch
        .submit(&["--workers-only", "--workers=2", "--sbatch=--nodelist=n1"])
        .unwrap();
    assert_eq!(joined.len(), 1);
    jobs.extend(joined.clone());
    let [cancelled, back] = [0, 1].map(|task| format!("{}_{task}", joined[0]));
    wait_for("the coordinator's second start and three trials", LIMIT, || {
        (cluster.restarts(&coordinator) == 1 && begun() >= 3 && launch.running(&joined[0]).len() == 2).then_some(())
    });

    // One is cancelled for good, one is put back into the queue.
    cluster.run("scancel", &[&cancelled]);
    cluster.run("scontrol", &["requeue", &back]);
    wait_for("a worker at its time limit", LIMIT, || {
        (cluster.restarts(&limited) >= 1).then_some(())
    });

    // Whoever is on the first node makes room for a better job.
    let restarts = || cluster.restarts(&limited) + cluster.restarts(&back);
    wait_for("a worker that can be pre-empted", LIMIT, || {
        (!launch.running(&joined[0]).is_empty()).then_some(())
    });
    let before = restarts();
    let better = [
        "--parsable",
        "--partition=high",
        "--exclusive",
        "--output=/dev/null",
        "--wrap=sleep 1",
    ];
    cluster.run("sbatch", &better);
    wait_for("a pre-empted worker", LIMIT, || (restarts() > before).then_some(()));

    let board = launch.wait_for_end(&jobs);
    assert_eq!(board, bench.calm());
    let causes = bench.causes(&launch);
    assert!(
        causes.len() >= 3 && causes.iter().all(|kind| *kind == CauseKind::Preempted),
        "{causes:?}"
    );
    let resumed = launch.logs("worker-").matches("resumes after epoch").count();
    assert!(
        resumed >= 1,
        "no trial resumed from a checkpoint\n{}",
        launch.logs("worker-")
    );
    let state = |job: &str| {
        cluster
            .jobs()
            .into_iter()
            .find(|listed| listed.shown == job)
            .map(|listed| listed.state)
    };
    assert_eq!(state(&cancelled).as_deref(), Some("CANCELLED"));
}

#[test]
fn a_stopped_launch_gives_everything_back_and_the_same_command_resumes() {
    let Some(cluster) = Cluster::start() else { return };
    let bench = Bench::new("[0, 1]");
    let launch = bench.launch(&cluster);
    launch.submit(&["--workers", "2"]).unwrap();
    launch.wait_for_trials(1);
    let said = launch.stop(&[]).unwrap();
    assert!(said.contains("stopped"), "{said}");
    let live: Vec<_> = cluster
        .jobs()
        .into_iter()
        .filter(|job| job.state == "RUNNING")
        .collect();
    assert!(live.is_empty(), "{live:?}");
    assert!(!launch.out.join("leaderboard.json").exists(), "it was stopped half-way");
    let status = launch.status().unwrap_err();
    assert!(status.contains("resumes it"), "{status}");

    let jobs = launch.submit(&["--workers", "2"]).unwrap();
    assert_eq!(launch.wait_for_end(&jobs), bench.calm());
    assert!(
        bench.causes(&launch).iter().all(|kind| *kind == CauseKind::Preempted),
        "{:?}",
        bench.causes(&launch)
    );
    // Another sweep does not get into the folder.
    fs::write(&bench.config, spec("[0, 1, 2]", 4)).unwrap();
    let said = launch.submit(&[]).unwrap_err();
    assert!(said.contains("holds another sweep"), "{said}");
}

/// A coordinator that knows whom it speaks with, on this machine, which all nodes of the cluster are.
struct Elsewhere {
    process: Child,
    url: String,
    mine: PathBuf,
    workers: PathBuf,
}

impl Elsewhere {
    fn start(folder: &Path) -> Self {
        let program = || Command::new(bin::path("augur-coordinator"));
        let tokens = folder.join("tokens");
        let token = |name: &str, role: &str| {
            let mut add = program();
            add.args(["token", "add", name, "--role", role, "--tokens"])
                .arg(&tokens);
            let path = folder.join(name);
            fs::write(&path, add.output().unwrap().stdout).unwrap();
            path
        };
        let (mine, workers) = (token("mine", "submitter"), token("workers", "worker"));
        let mut serve = program();
        serve.args(["--listen", "127.0.0.1:0", "--http", "off", "--store"]);
        serve.arg(folder.join("elsewhere.sqlite")).arg("--tokens").arg(&tokens);
        let mut process = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self {
            process,
            url,
            mine,
            workers,
        }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = (self.process.kill(), self.process.wait());
    }
}

#[test]
fn elsewhere_a_coordinator_keeps_the_sweep_and_its_workers_end_with_that() {
    let Some(cluster) = Cluster::start() else { return };
    let bench = Bench::new("[0]");
    let launch = bench.launch(&cluster);
    let elsewhere = Elsewhere::start(bench.folder.path());
    let jobs = launch
        .submit(&[
            "--workers=2",
            "--coordinator",
            &elsewhere.url,
            "--token-file",
            elsewhere.mine.to_str().unwrap(),
            "--worker-token-file",
            elsewhere.workers.to_str().unwrap(),
        ])
        .unwrap();
    assert_eq!(jobs.len(), 1, "workers alone");
    launch.wait_for_trials(1);
    let status = launch.status().unwrap();
    assert!(
        status.contains("of 3 trials completed") && status.contains("--token-file"),
        "{status}"
    );
    launch.wait_for_jobs(&jobs);
    let logs = launch.logs("worker-");
    assert_eq!(logs.matches("there is nothing more to do").count(), 2, "{logs}");
    let status = launch.status().unwrap();
    assert!(
        status.contains("sweep on-slurm is succeeded: 3 of 3 trials"),
        "{status}"
    );
}

#[test]
fn what_slurm_refuses_or_never_begins_is_said() {
    let Some(cluster) = Cluster::start() else { return };
    let bench = Bench::new("[0, 1]");
    let launch = bench.launch(&cluster);
    let said = launch.submit(&["--partition", "nowhere"]).unwrap_err();
    assert!(
        said.contains("Slurm refused") && said.contains("invalid partition"),
        "{said}"
    );
    // The coordinator's job was taken, the workers' not: nothing stays behind.
    let said = launch.submit(&["--sbatch=--constraint=gpu"]).unwrap_err();
    assert!(said.contains("Slurm refused"), "{said}");
    let live: Vec<_> = cluster
        .jobs()
        .into_iter()
        .filter(|job| job.state == "PENDING")
        .collect();
    assert!(live.is_empty(), "{live:?}");
    let said = launch.submit(&["--workers-only"]).unwrap_err();
    assert!(said.contains("no coordinator runs"), "{said}");

    // A job that waits for ever says why.
    cluster.run("scontrol", &["update", "PartitionName=low", "State=DOWN"]);
    launch.submit(&[]).unwrap();
    wait_for("the reason", LIMIT, || {
        launch
            .status()
            .is_ok_and(|status| status.contains("PartitionDown"))
            .then_some(())
    });
    launch.stop(&["--now"]).unwrap();
    cluster.run("scontrol", &["update", "PartitionName=low", "State=UP"]);

    // A coordinator that can't work.
    let store = bench.folder.path().join("no such folder").join("a.sqlite");
    launch.submit(&["--store", store.to_str().unwrap()]).unwrap();
    let said = wait_for("the failure", LIMIT, || {
        launch.status().err().filter(|said| said.contains("job failed"))
    });
    assert!(said.contains("no such folder"), "{said}");
}
