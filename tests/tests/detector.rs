//! Own images, from a folder to a detector that scores new ones: the same scores as the sweep gave, and the same choice
//! whether there are labels or not.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::{
    bin::augur,
    sweep::{config, run},
};
use image::{GrayImage, Luma};
use safetensors::SafeTensors;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::tempdir;

const SPEC: &str = "\
version: 1
name: own-images
data: {folder: {root: ROOT, size_px: 16}}
tasks: [{normal: part, anomaly: unlabelled}]
families:
  - cutdiff: {starts: [{area: 0.1, aspect: 1, angle_deg: 0}, {area: 0.2, aspect: 1, angle_deg: 0}]}
  - rotation: {starts: [{angle_deg: 90}]}
seeds: [0]
detector: {resnet: {width: 4, head: 16}}
training: {epochs: 4, batch: 16}
tuning: {warmup_epochs: 2, validation_batch: 8}
resources: {device: cpu}
";

/// A ring whose place and brightness vary with `index`; a bad one has a dark spot.
fn part(index: u32, bad: bool) -> GrayImage {
    GrayImage::from_fn(24, 24, |x, y| {
        let (dx, dy) = (f64::from(x) - 11.0 - f64::from(index % 3), f64::from(y) - 11.5);
        let ring = ((dx.hypot(dy) - 7.0).abs() < 2.0) as u8;
        let spot = bad && x < 10 && y < 10;
        let grain = ((x * 7 + y * 13 + index * 29) % 11) as u8;
        Luma([if spot {
            0
        } else {
            40 + 150 * ring + grain + (index % 5) as u8 * 6
        }])
    })
}

fn save(folder: &Path, range: std::ops::Range<u32>, bad: impl Fn(u32) -> bool) {
    fs::create_dir_all(folder).unwrap();
    for index in range {
        part(index, bad(index))
            .save(folder.join(format!("{index:03}.png")))
            .unwrap();
    }
}

fn images(root: &Path) -> PathBuf {
    let part = root.join("part");
    save(&part.join("train"), 0..80, |_| false);
    save(&part.join("validation"), 100..124, |index| index % 3 == 0);
    save(&part.join("test/good"), 200..208, |_| false);
    save(&part.join("test/spot"), 300..308, |_| true);
    part
}

/// The scores of the validation images, as the selected trial left them.
fn scores(out: &Path, board: &Value) -> Vec<f64> {
    let name = |value: &Value| value.as_str().unwrap().to_owned();
    let trial = name(&board["tasks"][0]["selected"]["trial"]);
    let folder = out.join("artifacts").join(name(&board["sweep"]["id"])).join(trial);
    let bytes = fs::read(folder.join("embeddings.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor("scores").unwrap().data().to_vec();
    data.as_chunks::<8>()
        .0
        .iter()
        .map(|bytes| f64::from_le_bytes(*bytes))
        .collect()
}

fn score(arguments: &[&Path], format: &str) -> String {
    let output = augur()
        .arg("score")
        .args(arguments)
        .args(["--format", format])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_kept_detector_scores_as_the_sweep_did_and_labels_change_no_choice() {
    let folder = tempdir().unwrap();
    let root = folder.path().join("images");
    let part = images(&root);
    let spec = config(folder.path(), &SPEC.replace("ROOT", &root.display().to_string()));
    let out = folder.path().join("labelled");
    let board = run(&spec, &out, 1);
    let task = &board["tasks"][0];
    assert!(
        task["selected"]["auroc"].is_null(),
        "nobody labelled the validation images"
    );
    assert!(task["selected"]["test"]["auroc"].is_number(), "{task}");

    let want = scores(&out, &board);
    let model = out.join("models/part-seed-0");
    let validation = part.join("validation");
    let json: Value = serde_json::from_str(&score(&[&model, &validation], "json")).unwrap();
    let got: Vec<f64> = json["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["score"].as_f64().unwrap())
        .collect();
    assert_eq!(got, want, "together");
    let alone = score(&[&model, &validation.join("105.png")], "csv");
    let line = alone.lines().nth(1).unwrap();
    assert_eq!(
        line.split(',').nth(1).unwrap().parse::<f64>().unwrap(),
        want[5],
        "one alone: {line}"
    );

    fs::remove_dir_all(part.join("test")).unwrap();
    let unlabelled = run(&spec, &folder.path().join("unlabelled"), 1);
    let bare = &unlabelled["tasks"][0];
    assert!(bare["selected"]["test"].is_null());
    assert_eq!(task["seal"], bare["seal"]);
    assert_eq!(task["selected"]["trial"], bare["selected"]["trial"]);
}
