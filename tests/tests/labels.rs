//! The label firewall, end to end: the same images with their labels swapped at random give the same trials, the same ranking
//! and the same seals, bit for bit, and another AUROC.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    leaderboard::{Candidate, Leaderboard},
    spec::{SweepSpec, parse},
};
use augur_data::{Images, TaskImages, cache::Cache, image_files, load_image, load_labels, load_task_with};
use augur_tests::{
    bin::augur,
    own_images::save,
    sweep::{command, config, leaderboard},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::tempdir;

/// Two groups of three trials, labelled by the folders' names. `any` leaves the name of the defects' folder out of the spec,
/// and with it out of the trials' identifiers.
const SPEC: &str = "\
version: 1
name: firewall
data: {mvtec_ad: {root: images, size_px: 16, colour: false}}
split: {held_out: 10, test_normal: 6, test_anomalous: 4}
tasks: [{normal: part, anomaly: any}]
families:
  - cutdiff: {starts: [{area: 0.1, aspect: 1, angle_deg: 0}, {area: 0.2, aspect: 1, angle_deg: 0}]}
  - rotation: {starts: [{angle_deg: 90}]}
seeds: [0, 1]
detector: {resnet: {width: 4, head: 16}}
training: {epochs: 4, batch: 16}
tuning: {warmup_epochs: 2, validation_batch: 8}
resources: {device: cpu}
";

/// A data set at `images` below `base`: parts without a spot are labelled good, those with one bear the label `defect`.
fn label_truly(base: &Path, defect: &str) {
    let part = base.join("images/part");
    save(&part.join("train/good"), 0..60, |_| false);
    save(&part.join("test/good"), 100..124, |_| false);
    save(&part.join("test").join(defect), 200..216, |_| true);
}

/// The labelled images of a data set, as files in the order of their paths.
fn judged(base: &Path) -> Vec<PathBuf> {
    image_files(&[base.join("images/part/test")]).unwrap()
}

fn load(spec: &SweepSpec, base: &Path) -> TaskImages {
    load_task_with(&Cache::off(), &spec.data, &spec.split, &spec.tasks[0], base).unwrap()
}

/// Where trials see each file: its place among the validation images, or behind them among the test images.
fn places(files: &[PathBuf], seen: &TaskImages) -> Vec<usize> {
    let of = |images: &Images| {
        (0..images.count)
            .map(|at| images.image(at).to_vec())
            .collect::<Vec<_>>()
    };
    let seen = [of(&seen.validation), of(&seen.test)].concat();
    let place = |file: &PathBuf| {
        let image = load_image(file, 16, false).unwrap().data;
        let mut found = (0..seen.len()).filter(|at| seen[*at] == image);
        let place = found.next().expect("every labelled image is judged");
        assert_eq!(found.next(), None, "no two images are the same");
        place
    };
    files.iter().map(place).collect()
}

/// A copy of the data set in which every image is seen at the same place, under a label that has nothing to do with it. The
/// order in which images are seen is drawn by the classes' names: another name of the defects labels other places. So each of
/// the copy's files is given the image that the original has at that file's place.
fn swap_labels(spec: &SweepSpec, original: &Path, copy: &Path) {
    label_truly(copy, "scratch");
    let (from, to) = (judged(original), judged(copy));
    let (had, has) = (places(&from, &load(spec, original)), places(&to, &load(spec, copy)));
    for (file, place) in to.iter().zip(has) {
        let image = had
            .iter()
            .position(|at| *at == place)
            .expect("both have as many images");
        fs::copy(&from[image], file).unwrap();
    }
}

/// Runs the sweep where the relative `root` of its data finds the data set below `base`.
fn run(base: &Path) -> Leaderboard {
    let out = base.join("out");
    let output = command(&config(base, SPEC), &out, 1)
        .current_dir(base)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verified = augur().arg("verify").arg(&out).output().unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    serde_json::from_value(leaderboard(&out)).unwrap()
}

/// A leaderboard without what labels may change, and without times: what is left has to be the same.
fn without_labels(mut board: Leaderboard) -> Leaderboard {
    let strip = |candidate: &mut Candidate| {
        candidate.auroc = None;
        candidate.average_precision = None;
        candidate.f1_max = None;
        candidate.auroc_interval = None;
        candidate.average_precision_interval = None;
        candidate.f1_max_interval = None;
        candidate.test = None;
        candidate.seconds = 0.0;
    };
    for task in &mut board.tasks {
        task.histogram = None;
        task.selected.iter_mut().chain(&mut task.candidates).for_each(strip);
    }
    board
}

/// Each group's ranking with the bits of its losses, and its seal.
fn sealed(board: &Leaderboard) -> Vec<(Vec<(String, u64)>, String)> {
    let ranked = |candidate: &Candidate| (candidate.trial.to_string(), candidate.val_loss.unwrap().to_bits());
    let of = board.tasks.iter();
    of.map(|task| (task.candidates.iter().map(ranked).collect(), task.seal.clone()))
        .collect()
}

#[test]
fn labels_swapped_at_random_change_no_trial_no_choice_and_no_seal() {
    let (truth, swapped) = (tempdir().unwrap(), tempdir().unwrap());
    let spec = parse(SPEC).unwrap();
    label_truly(truth.path(), "spot");
    swap_labels(&spec, truth.path(), swapped.path());
    // The test stands on this: the same images, bit for bit, and other labels of both kinds.
    assert_eq!(load(&spec, truth.path()), load(&spec, swapped.path()));
    let labels = |base: &Path| {
        load_labels(&spec.data, &spec.split, &spec.tasks[0], base)
            .unwrap()
            .unwrap()
    };
    let (true_labels, other_labels) = (labels(truth.path()), labels(swapped.path()));
    for (good, bad) in [(false, true), (true, false)] {
        let mut pairs = true_labels.validation.iter().zip(&other_labels.validation);
        assert!(
            pairs.any(|pair| pair == (&good, &bad)),
            "{true_labels:?} {other_labels:?}"
        );
    }

    let (true_board, other_board) = (run(truth.path()), run(swapped.path()));
    assert_eq!(sealed(&true_board), sealed(&other_board));
    for (with_truth, without) in true_board.tasks.iter().zip(&other_board.tasks) {
        assert!(with_truth.candidates.len() >= 2, "there is a choice: {with_truth:?}");
        assert_eq!(with_truth.candidates.len(), without.candidates.len());
        for (one, other) in with_truth.candidates.iter().zip(&without.candidates) {
            assert_ne!(one.auroc.unwrap(), other.auroc.unwrap(), "labels were read: {one:?}");
            assert_ne!(one.test.unwrap().auroc, other.test.unwrap().auroc, "{one:?}");
        }
    }
    // Whatever else the leaderboard holds, from the tuned values to the excluded trials' reasons.
    assert_eq!(without_labels(true_board), without_labels(other_board));
}
