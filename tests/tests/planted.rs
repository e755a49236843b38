//! The demo finds what was planted: the selected angle lies within 10 degrees, and the selected trial separates the
//! anomalies. By default for seed 0; `make planted` runs seeds 0, 1 and 2.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::{
    bin::workspace,
    sweep::{config, run},
};
use serde_json::Value;
use std::{env, fs};
use tempfile::tempdir;

/// Degrees by which the selected angle may miss.
const TOLERANCE: f64 = 10.0;

/// The demo's two tasks with planted angles, for other seeds.
fn spec(seeds: &str) -> String {
    let demo = fs::read_to_string(workspace().join("configs/demo.yaml")).unwrap();
    let planted = |line: &&str| !line.contains("anomaly: {class:");
    let lines: Vec<&str> = demo.lines().filter(planted).collect();
    let spec = lines.join("\n").replace("seeds: [0]", &format!("seeds: [{seeds}]"));
    assert!(spec.contains(&format!("seeds: [{seeds}]")), "{spec}");
    spec
}

/// The angle between two directions, degrees in [0, 180].
fn apart(a: f64, b: f64) -> f64 {
    let turn = (a - b).rem_euclid(360.0);
    turn.min(360.0 - turn)
}

#[test]
fn planted_angles_are_found_without_labels() {
    let seeds = env::var("AUGUR_PLANTED_SEEDS").unwrap_or_else(|_| "0".into());
    let folder = tempdir().unwrap();
    let leaderboard = run(&config(folder.path(), &spec(&seeds)), &folder.path().join("out"), 2);
    let tasks = leaderboard["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 2 * seeds.split(',').count());
    for task in tasks {
        let name = task["task"].as_str().unwrap();
        // A trouser turned by 270 degrees looks much like one turned by 90.
        let right: &[f64] = if name == "sneaker-rotated-150" {
            &[150.0]
        } else {
            &[90.0, 270.0]
        };
        check(task, right);
    }
}

fn check(task: &Value, right: &[f64]) {
    let selected = &task["selected"];
    let what = format!("{} seed {}: {selected}", task["task"], task["seed"]);
    assert_eq!(selected["family"], "rotation", "{what}");
    let angle = selected["tuned"]["angle_deg"].as_f64().unwrap();
    assert!(
        right.iter().any(|planted| apart(angle, *planted) <= TOLERANCE),
        "{what}"
    );
    let start = selected["initial"]["angle_deg"].as_f64().unwrap();
    assert!(right.iter().all(|planted| apart(start, *planted) >= 15.0), "{what}");
    assert!(selected["auroc"].as_f64().unwrap() >= 0.99, "{what}");
}
