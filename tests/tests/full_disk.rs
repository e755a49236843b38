//! The disk under the store fills up in the middle of a sweep: the sweep waits and says why, and goes on once there is room.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::{
    bin::augur,
    crew::{Coordinator, Worker, api::Api, violations},
    sweep::without_times,
};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use tempfile::{TempDir, tempdir};

const LIMIT: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(20);
/// Room for a small sweep's store and its log.
const SIZE: &str = "size=8m";
/// Shorter than the time that the disk is full.
const LEASE: Duration = Duration::from_secs(10);

/// Eight trials of some seconds.
const SPEC: &str = "\
version: 1
name: full
data: {fashion_mnist: {size_px: 12}}
split: {train: 64, held_out: 16, validation_normal: 24, validation_anomalous: 16}
tasks: [{normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}]
families: [{rotation: {starts: {grid: 8}}}]
seeds: [0]
detector: {tiny: {}}
training: {epochs: 100, batch: 32, optimiser: {adam: {lr: 0.01}}}
tuning: {warmup_epochs: 1, validation_batch: 16}
resources: {device: cpu}
";

/// A small file system in memory; unmounted when it is let go.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// None, with the reason printed, where mounting is not permitted.
    fn mount() -> Option<Self> {
        let folder = tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "augur-test"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                println!("skipped, for a tmpfs can't be mounted here: {said}");
                None
            }
            Err(error) => {
                println!("skipped, for `mount` can't be run: {error}");
                None
            }
        }
    }

    /// Takes all the room that is left; gives the file that holds it.
    fn fill(&self) -> PathBuf {
        let path = self.0.path().join("filler");
        let mut filler = File::create(&path).unwrap();
        // Smaller and smaller pieces, to the last byte.
        for size in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that is about to end may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Looks again and again until `look` gives a value.
async fn wait_for<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = look().await {
            return value;
        }
        assert!(begin.elapsed() < LIMIT, "waited {LIMIT:?} in vain for {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

async fn completed(api: &Api, sweep: &str) -> u32 {
    api.sweep(sweep).await.unwrap().progress.unwrap().trials_completed
}

fn leaderboard(api: &Api) -> Value {
    let shown = augur()
        .args(["leaderboard", "full", "--format", "json", "--coordinator", &api.url()])
        .output()
        .unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    without_times(serde_json::from_slice(&shown.stdout).unwrap())
}

/// Runs the sweep with its store in `store` and logs in `logs`; `meanwhile` is told of it when a trial has completed.
async fn run(store: &Path, logs: &Path, meanwhile: impl AsyncFnOnce(&Api, &str)) -> Value {
    let mut coordinator = Coordinator::start(store, logs, LEASE).await.unwrap();
    let api = coordinator.api();
    let sweep = api.submit(SPEC).await.unwrap();
    let mut worker = Worker::start(0, *coordinator.address().borrow(), logs).unwrap();
    wait_for("a completed trial", async || {
        (completed(&api, &sweep).await > 0).then_some(())
    })
    .await;
    meanwhile(&api, &sweep).await;
    let over = async || api.sweep(&sweep).await.unwrap().end_time;
    wait_for("the end of the sweep", over).await;
    for trial in api.trials(&sweep).await.unwrap() {
        assert_eq!(trial.attempts, 1, "a full disk is no failed attempt: {trial:?}");
    }
    assert!(worker.program().ended().is_none(), "the worker lives on");
    let trouble = api.sweep(&sweep).await.unwrap().progress.unwrap().trouble;
    assert_eq!(trouble, "", "the trouble is over");
    let board = leaderboard(&api);
    worker.program().terminate().await.unwrap();
    coordinator.program().terminate().await.unwrap();
    assert_eq!(violations(store).await.unwrap(), [""; 0]);
    board
}

#[tokio::test]
async fn a_full_disk_holds_the_sweep_up_and_changes_nothing() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = tempdir().unwrap();
    let calm = run(&folder.path().join("calm.sqlite"), folder.path(), async |_, _| {}).await;
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    let log = logs.join("coordinator.log");
    let said = |what: &str| fs::read_to_string(&log).unwrap().matches(what).count();
    let board = run(&disk.0.path().join("store.sqlite"), &logs, async |api, sweep| {
        let filler = disk.fill();
        let full = async || (said("commands undone") > 0).then_some(());
        wait_for("the coordinator to notice", full).await;
        let full_since = Instant::now();
        let before = completed(api, sweep).await;
        let longer = async || (full_since.elapsed() > LEASE + Duration::from_secs(2)).then_some(());
        wait_for("the end of any lease", longer).await;
        assert_eq!(
            completed(api, sweep).await,
            before,
            "nothing completes that is not on disk"
        );
        assert_eq!(said("commands undone"), 1, "it says so once");
        let trouble = api.sweep(sweep).await.unwrap().progress.unwrap().trouble;
        assert!(trouble.contains("is full; make room"), "{trouble:?}");
        fs::remove_file(filler).unwrap();
    })
    .await;
    assert_eq!(said("the store works again"), 1);
    assert_eq!(board, calm);
}
