//! Small sweeps, run through `augur run`, and their leaderboards.

use crate::bin::augur;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Two tasks, two families, two seeds, sixteen trials of about a second, and three variants: the first-order ablation of
/// one family, angles drawn at random, and a control.
pub const SMALL: &str = "\
version: 1
name: small
data: {fashion_mnist: {size_px: 12}}
split: {train: 128, validation_normal: 48, validation_anomalous: 32}
tasks:
  - {normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}
  - {normal: trouser, anomaly: {class: bag}}
families:
  - rotation: {starts: [{angle_deg: 110}, {angle_deg: 195}, {angle_deg: 300}]}
  - cutdiff: {starts: [{area: 0.05, aspect: 1, angle_deg: 0}]}
variants:
  - name: first-order
    hypergradient: first_order
    families: [{rotation: {starts: [{angle_deg: 110}, {angle_deg: 195}]}}]
  - {name: random-dynamic, families: [{rotation: {form: random}}]}
  - {name: mean-intensity, baseline: {mean_intensity: {}}}
seeds: [0, 1]
detector: {resnet: {width: 4, head: 16}}
training: {epochs: 6, batch: 32}
tuning: {warmup_epochs: 2}
resources: {device: cpu}
";

/// Writes a spec into `folder`.
pub fn config(folder: &Path, yaml: &str) -> PathBuf {
    let path = folder.join("sweep.yaml");
    fs::write(&path, yaml).expect("the temporary folder takes files");
    path
}

/// `augur run CONFIG --out OUT --workers N`.
pub fn command(config: &Path, out: &Path, workers: u32) -> Command {
    let mut command = augur();
    command
        .arg("run")
        .arg(config)
        .arg("--out")
        .arg(out)
        .arg("--workers")
        .arg(workers.to_string());
    command
}

/// Runs a sweep to its end and gives its leaderboard.
///
/// # Panics
/// With all that the command printed, where it fails.
pub fn run(config: &Path, out: &Path, workers: u32) -> Value {
    let output = command(config, out, workers).output().expect("augur starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    leaderboard(out)
}

/// Starts a sweep and leaves it running, what it prints thrown away.
pub fn start(config: &Path, out: &Path, workers: u32) -> Child {
    let mut command = command(config, out, workers);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("augur starts")
}

/// The leaderboard in a folder.
pub fn leaderboard(out: &Path) -> Value {
    let text = fs::read_to_string(out.join("leaderboard.json")).expect("the sweep wrote its leaderboard");
    serde_json::from_str(&text).expect("the leaderboard is JSON")
}

/// A leaderboard without the one thing that may differ between two runs: how long trials took.
pub fn without_times(mut leaderboard: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("seconds");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut leaderboard);
    leaderboard
}
