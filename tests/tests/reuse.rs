//! Reuse between runs that share a store: what was computed from the same bytes is not computed again, and the winner is
//! kept and scores all the same.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::{
    own_images::{SPEC, images, save, score},
    sweep::{command, config, leaderboard, without_times},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::{TempDir, tempdir};

/// Images, a store, and runs that share it.
struct Bench {
    folder: TempDir,
    part: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let folder = tempdir().unwrap();
        let part = images(&folder.path().join("images"));
        Self { folder, part }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the sweep `name` into the folder of its name.
    fn run(&self, name: &str, change: impl Fn(String) -> String, options: &[&str]) -> Value {
        let root = self.path("images").display().to_string();
        let spec = SPEC.replace("ROOT", &root).replace("own-images", name);
        let spec = config(self.folder.path(), &change(spec));
        let mut command = command(&spec, &self.path(name), 1);
        command.arg("--store").arg(self.path("kept/all.sqlite")).args(options);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(!said.contains("warning"), "{said}");
        leaderboard(&self.path(name))
    }

    /// The scores of the validation images by the detector that a run kept.
    fn scores(&self, name: &str) -> Value {
        let model = self.path(name).join("models/part-seed-0");
        let json: Value = serde_json::from_str(&score(&[&model, &self.part.join("validation")], "json")).unwrap();
        json["images"].clone()
    }
}

/// For each candidate, best first, its family and the sweep that computed it.
fn origins(board: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    let candidates = board["tasks"][0]["candidates"].as_array().unwrap();
    let origin = |c: &Value| (text(&c["family"]).unwrap(), text(&c["reused_from"]));
    candidates.iter().map(origin).collect()
}

fn all_from(board: &Value, sweep: Option<&str>) -> bool {
    let origins = origins(board);
    !origins.is_empty() && origins.iter().all(|(_, origin)| origin.as_deref() == sweep)
}

fn without_origins(board: &Value) -> Value {
    let mut tasks = without_times(board.clone())["tasks"].clone();
    for task in tasks.as_array_mut().unwrap() {
        let mut selected = std::mem::take(&mut task["selected"]);
        selected.as_object_mut().unwrap().remove("reused_from");
        task["selected"] = selected;
        for candidate in task["candidates"].as_array_mut().unwrap() {
            candidate.as_object_mut().unwrap().remove("reused_from");
        }
    }
    tasks
}

/// The folders of all trials.
fn trials(artifacts: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries(artifacts).flat_map(|sweep| entries(&sweep)).collect()
}

fn remove_detectors(artifacts: &Path) {
    for trial in trials(artifacts) {
        // Losers' detectors are gone already.
        let _ = fs::remove_file(trial.join("model.json"));
    }
}

#[test]
fn a_second_run_computes_nothing_and_keeps_the_same_detector() {
    let bench = Bench::new();
    fs::create_dir(bench.path("kept")).unwrap();
    let first = bench.run("first", |spec| spec, &[]);
    assert!(all_from(&first, None));

    let second = bench.run("second", |spec| spec, &[]);
    assert!(all_from(&second, Some("first")), "{:?}", origins(&second));
    assert_eq!(without_origins(&second), without_origins(&first), "seal and all");
    assert_eq!(bench.scores("second"), bench.scores("first"));
    let report = fs::read_to_string(bench.path("second/report.html")).unwrap();
    assert!(report.contains("Reused trials"));
    let csv = fs::read_to_string(bench.path("second/leaderboard.csv")).unwrap();
    assert!(csv.lines().next().unwrap().contains("reused_from"));

    // The detectors are gone: the winner is trained once more, and is the same.
    remove_detectors(&bench.path("kept/artifacts"));
    let restored = bench.run("restored", |spec| spec, &[]);
    assert!(all_from(&restored, Some("first")), "{:?}", origins(&restored));
    assert_eq!(bench.scores("restored"), bench.scores("first"));
    let trials = trials(&bench.path("kept/artifacts"));
    assert!(!trials.iter().any(|trial| trial.join("embeddings.sealed").exists()));

    // The embeddings too: everything is computed.
    fs::remove_dir_all(bench.path("kept/artifacts")).unwrap();
    assert!(all_from(&bench.run("bare", |spec| spec, &[]), None));

    let forced = bench.run("forced", |spec| spec, &["--no-reuse"]);
    assert!(all_from(&forced, None));
    assert_eq!(without_origins(&forced), without_origins(&first));
}

#[test]
fn shared_trials_are_reused_and_changed_images_are_not() {
    let bench = Bench::new();
    fs::create_dir(bench.path("kept")).unwrap();
    let rotation = "  - rotation: {starts: [{angle_deg: 90}]}\n";
    bench.run("part-of-it", |spec| spec.replace(rotation, ""), &[]);
    let more = bench.run("more", |spec| spec, &[]);
    let mut origins = origins(&more);
    origins.sort();
    let of = |family: &str, origin: Option<&str>| (family.to_owned(), origin.map(ToOwned::to_owned));
    let cutdiff = of("cutdiff", Some("part-of-it"));
    let (computed, reused): (Vec<_>, Vec<_>) = origins.into_iter().partition(|(_, origin)| origin.is_none());
    assert!(reused.iter().all(|origin| *origin == cutdiff), "{reused:?}");
    assert!(!reused.is_empty() && computed.iter().all(|origin| *origin == of("rotation", None)));

    // Another image under the same name.
    save(&bench.part.join("train"), 7..8, |_| true);
    assert!(all_from(&bench.run("changed", |spec| spec, &[]), None));
}
