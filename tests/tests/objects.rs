//! A sweep whose data set and artifacts are in an object store: a trial goes on on another machine from the checkpoint there, and
//! the leaderboard is that of a run with folders, bit for bit.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

#[path = "../../worker/depot/tests/depot/moto.rs"]
#[allow(dead_code, reason = "the depot's own tests use all of it")]
mod moto;

use augur_core::model::{CARD_FILE, EMBEDDINGS_FILE};
use augur_tests::{
    bin::{self, augur},
    crew::{Coordinator, Program},
    sweep::without_times,
};
use moto::{Moto, PATIENCE};
use serde_json::Value;
use std::{fs, path::Path, process::Stdio, time::Duration};
use tempfile::tempdir;
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

/// Three trials long enough to be interrupted, and a control.
const SPEC: &str = "\
version: 1
name: objects
data: {fashion_mnist: {size_px: 12}}
split: {train: 128, validation_normal: 48, validation_anomalous: 32}
tasks: [{normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}]
families: [{rotation: {starts: [{angle_deg: 110}, {angle_deg: 195}, {angle_deg: 300}]}}]
variants: [{name: mean-intensity, baseline: {mean_intensity: {}}}]
seeds: [0]
detector: {resnet: {width: 4, head: 16}}
training: {epochs: 60, batch: 32}
tuning: {warmup_epochs: 2}
resources: {device: cpu}
";

const LEASE: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(600);

/// A worker of one slot, whose log is `NAME.log` in `folder`.
fn worker(moto: Option<&Moto>, coordinator: &Coordinator, name: &str, folder: &Path) -> Program {
    let mut command = Command::new(bin::path("augur-worker"));
    command
        .args([
            "--exit-with-stdin",
            "--slots",
            "1",
            "--checkpoint-seconds",
            "0.2",
            "--coordinator",
        ])
        .arg(coordinator.api().url())
        .current_dir(bin::workspace())
        .stdout(Stdio::null());
    match moto {
        None => command.arg("--artifacts").arg(folder.join("artifacts")),
        Some(moto) => command
            .envs(moto::variables(moto.address()))
            .args([
                "--base-dir",
                "s3://augur/base",
                "--artifacts",
                "s3://augur/kept",
                "--data-cache",
            ])
            .arg(folder.join("data"))
            .arg("--scratch")
            // Each is a machine of its own.
            .arg(folder.join(name)),
    };
    Program::start(name, command, &folder.join(format!("{name}.log"))).unwrap()
}

fn log(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default()
}

/// Looks again and again until it holds.
async fn until(what: &str, folder: &Path, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        let logs = || {
            ["one", "two", "three"]
                .map(|name| format!("{name}:\n{}", log(folder, name)))
                .join("\n")
        };
        assert!(begun.elapsed() < LIMIT, "waited in vain for {what}\n{}", logs());
        sleep(Duration::from_millis(50)).await;
    }
}

async fn until_done(coordinator: &Coordinator, sweep: &str, folder: &Path) {
    until("the end of the sweep", folder, async || {
        let progress = coordinator.api().sweep(sweep).await.unwrap().progress.unwrap();
        progress.groups_total > 0 && progress.groups_done == progress.groups_total
    })
    .await;
}

/// The keys below what is kept.
async fn kept(moto: &Moto) -> Vec<String> {
    let found = moto.depot("kept").list(None, PATIENCE).await.unwrap();
    found.iter().map(|found| found.key.to_string()).collect()
}

fn leaderboard(coordinator: &Coordinator) -> Value {
    let output = augur()
        .args([
            "leaderboard",
            "objects",
            "--format",
            "json",
            "--coordinator",
            &coordinator.api().url(),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    without_times(serde_json::from_slice(&output.stdout).unwrap())
}

async fn with_folders(folder: &Path) -> Value {
    fs::create_dir(folder).unwrap();
    let coordinator = Coordinator::start(&folder.join("store.sqlite"), folder, LEASE)
        .await
        .unwrap();
    let sweep = coordinator.api().submit(SPEC).await.unwrap();
    let _worker = worker(None, &coordinator, "one", folder);
    until_done(&coordinator, &sweep, folder).await;
    leaderboard(&coordinator)
}

#[tokio::test]
async fn a_trial_goes_on_elsewhere_from_the_checkpoint_in_the_store() {
    let Some(moto) = Moto::start() else { return };
    let root = tempdir().unwrap();
    let pushed = augur()
        .args([
            "data",
            "push",
            ".data/fashion-mnist",
            "s3://augur/base/.data/fashion-mnist",
        ])
        .envs(moto::variables(moto.address()))
        .output()
        .unwrap();
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let folder = root.path().join("store");
    fs::create_dir(&folder).unwrap();
    let coordinator = Coordinator::start(&folder.join("store.sqlite"), &folder, LEASE)
        .await
        .unwrap();
    let sweep = coordinator.api().submit(SPEC).await.unwrap();
    let mut one = worker(Some(&moto), &coordinator, "one", &folder);
    until("a checkpoint in the store", &folder, async || {
        kept(&moto).await.iter().any(|key| key.contains("/checkpoints/"))
    })
    .await;
    one.kill().await.unwrap();
    let mut two = worker(Some(&moto), &coordinator, "two", &folder);
    until("a trial that goes on", &folder, async || {
        log(&folder, "two").contains("resumes after epoch")
    })
    .await;
    // It gives the trial back with a checkpoint of that moment, which another one takes up.
    two.terminate().await.unwrap();
    let _three = worker(Some(&moto), &coordinator, "three", &folder);
    until_done(&coordinator, &sweep, &folder).await;
    let (second, third) = (log(&folder, "two"), log(&folder, "three"));
    assert!(second.contains("fetched the checkpoint s3://augur/kept/"), "{second}");
    assert!(
        second.contains("a checkpoint is kept") || second.contains("given back"),
        "{second}"
    );
    assert!(
        third.contains("fetched the checkpoint s3://augur/kept/") && third.contains("resumes after epoch"),
        "{third}"
    );
    let fetched = log(&folder, "one").matches("fetched in").count() + second.matches("fetched in").count();
    assert_eq!(
        (fetched, third.matches("fetched in").count()),
        (1, 0),
        "once for the machine"
    );

    until("the end of all checkpoints", &folder, async || {
        !kept(&moto).await.iter().any(|key| key.contains("/checkpoints/"))
    })
    .await;
    let kept = kept(&moto).await;
    let count = |file: &str| kept.iter().filter(|key| key.ends_with(file)).count();
    assert_eq!((count(EMBEDDINGS_FILE), count(CARD_FILE)), (3, 1), "{kept:?}");
    // What is in the store need not be here.
    let is_empty = async || {
        let scratch = fs::read_dir(folder.join("three")).into_iter().flatten().flatten();
        scratch
            .filter_map(|sweep| fs::read_dir(sweep.path()).ok())
            .all(|mut trials| trials.next().is_none())
    };
    until("an empty scratch", &folder, is_empty).await;

    // The same trials in another sweep are reused from there.
    let again = coordinator
        .api()
        .submit(&SPEC.replace("name: objects", "name: again"))
        .await
        .unwrap();
    until_done(&coordinator, &again, &folder).await;
    let progress = coordinator.api().sweep(&again).await.unwrap().progress.unwrap();
    assert_eq!(
        progress.trials_reused,
        progress.trials_total,
        "{}",
        log(&folder, "three")
    );
    until("an empty scratch", &folder, is_empty).await;
    let reference = with_folders(&root.path().join("folders")).await;
    assert_eq!(leaderboard(&coordinator), reference);
}
