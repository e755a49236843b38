//! Early stopping with real processes: some trials end on their way, and the leaderboard is the same, bit for bit, with one
//! worker and with two.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::sweep::{config, run, without_times};
use serde_json::Value;
use std::{fs, path::Path};
use tempfile::tempdir;

/// Ten trials of one group, compared after epochs 2 and 6, and a control.
const HALVED: &str = "\
version: 1
name: halved
data: {fashion_mnist: {size_px: 12}}
split: {train: 128, validation_normal: 48, validation_anomalous: 32}
tasks: [{normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}]
families:
  - rotation: {starts: {grid: 6}}
  - cutdiff: {starts: {sobol: 4}}
variants: [{name: mean-intensity, baseline: {mean_intensity: {}}}]
seeds: [0]
detector: {resnet: {width: 4, head: 16}}
training: {epochs: 9, batch: 32}
tuning: {warmup_epochs: 1}
selection: {guards: {max_training_loss: 0.69}}
early_stopping: {reduction: 3, first_epoch: 2, audit: 0.2}
resources: {device: cpu}
";

/// Everything that the workers of a run wrote into their logs.
fn logs(out: &Path) -> String {
    let entries = fs::read_dir(out.join("logs")).unwrap();
    let text = |entry: std::io::Result<fs::DirEntry>| fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
    entries.map(text).collect()
}

fn check(board: &Value, out: &Path) {
    let totals = &board["early_stopping"];
    let stopped = totals["stopped"].as_u64().unwrap();
    assert!(stopped > 0, "{totals}");
    assert_eq!(totals["epochs"], 10 * 9);
    let [method, control] = board["tasks"].as_array().unwrap().as_slice() else {
        panic!("{board}")
    };
    assert!(control.get("early_stopping").is_none() && !control["selected"].is_null());
    let excluded = method["excluded"].as_array().unwrap();
    let reasons = excluded.iter().map(|excluded| excluded["reason"].as_str().unwrap());
    let of_stopped = reasons.filter(|reason| reason.starts_with("stopped: after epoch"));
    assert_eq!(of_stopped.count() as u64, stopped);
    for audited in method["early_stopping"]["audited"].as_array().unwrap() {
        assert!(audited["auroc"].is_number(), "{audited}");
    }
    for file in ["leaderboard.md", "report.html"] {
        let text = fs::read_to_string(out.join(file)).unwrap();
        assert!(text.contains("Early stopping decided to end"), "{file}");
    }
}

#[test]
fn one_or_two_workers_stop_the_same_trials_and_give_the_same_leaderboard() {
    let folder = tempdir().unwrap();
    let spec = config(folder.path(), HALVED);
    let out = folder.path().join("one");
    let one = run(&spec, &out, 1);
    check(&one, &out);
    // One trial at a time, each decision falls while it runs.
    let dropped = logs(&out)
        .matches("trial dropped, for the coordinator wants it no more")
        .count();
    assert!(dropped > 0, "some trial was stopped on its way");
    let two = run(&spec, &folder.path().join("two"), 2);
    assert_eq!(without_times(two), without_times(one));
}
