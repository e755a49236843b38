//! Own images, from a folder to a detector that scores new ones: the same scores as the sweep gave, and the same choice
//! whether there are labels or not.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::{
    own_images::{SPEC, images, score},
    sweep::{config, run},
};
use safetensors::SafeTensors;
use serde_json::Value;
use std::{fs, path::Path};
use tempfile::tempdir;

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
