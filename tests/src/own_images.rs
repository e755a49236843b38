//! Images of one's own: parts with and without a spot, a sweep over them, and scoring with what it kept.

use crate::bin::augur;
use image::{GrayImage, Luma};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Three trials of one group over the images in ROOT.
pub const SPEC: &str = "\
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

/// Saves the parts of a range; it is for `bad` to say which have a spot.
///
/// # Panics
/// Where the folder takes no files.
pub fn save(folder: &Path, range: std::ops::Range<u32>, bad: impl Fn(u32) -> bool) {
    fs::create_dir_all(folder).expect("the temporary folder takes files");
    for index in range {
        part(index, bad(index))
            .save(folder.join(format!("{index:03}.png")))
            .expect("the temporary folder takes files");
    }
}

/// A folder of parts as the data set `folder` wants it; the task's own folder in it.
///
/// # Panics
/// Where the folder takes no files.
pub fn images(root: &Path) -> PathBuf {
    let part = root.join("part");
    save(&part.join("train"), 0..80, |_| false);
    save(&part.join("validation"), 100..124, |index| index % 3 == 0);
    save(&part.join("test/good"), 200..208, |_| false);
    save(&part.join("test/spot"), 300..308, |_| true);
    part
}

/// `augur score ARGUMENTS --format FORMAT`: what it prints.
///
/// # Panics
/// With all that it said, where it fails.
pub fn score(arguments: &[&Path], format: &str) -> String {
    let output = augur()
        .arg("score")
        .args(arguments)
        .args(["--format", format])
        .output()
        .expect("the temporary folder takes files");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the temporary folder takes files")
}
