//! The text of every error on a folder, from loading and from a check alike.

use super::{data, encoded, level, load, screws, task, write};
use crate::fixture::load_task;
use augur_core::spec::{AnomalySpec, ClassRef, DataSpec, SplitSpec, TaskSpec, parse};
use augur_data::check;
use flate2::Crc;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::{fs, path::Path};
use tempfile::TempDir;

/// What loading says, with the folder as FOLDER.
pub fn text(folder: &TempDir) -> String {
    shown(folder, &load(folder, false).unwrap_err())
}

fn shown(folder: &TempDir, error: &augur_data::DataError) -> String {
    error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER")
}

/// What both loading and a check say.
fn both(folder: &TempDir) -> String {
    let mut spec = parse(
        "version: 1
name: own
data: {folder: {root: none, size_px: 8}}
tasks: [{normal: screws, anomaly: unlabelled}]
families: [{rotation: {starts: [{angle_deg: 30}]}}]
seeds: [0]
",
    )
    .unwrap();
    spec.data = data(folder, false);
    let checked = check(&spec, Path::new(".")).unwrap_err();
    assert_eq!(shown(folder, &checked), text(folder));
    text(folder)
}

fn of(folder: &TempDir, data: &DataSpec, split: &SplitSpec, task: &TaskSpec) -> String {
    shown(folder, &load_task(data, split, task, Path::new(".")).unwrap_err())
}

#[test]
fn missing_folders() {
    let folder = screws(4);
    let named = |normal: &str| of(&folder, &data(&folder, false), &SplitSpec::default(), &task(normal));
    insta::assert_snapshot!(named("scrws"), @"task `scrws`: no folder FOLDER/scrws/train; did you mean `screws`?");
    insta::assert_snapshot!(named("gearbox"), @"task `gearbox`: no folder FOLDER/gearbox/train; make it and put normal images there");
    insta::assert_snapshot!(named("../screws"), @"task `../screws`: no folder FOLDER/../screws/train; did you mean `screws`?");
    fs::remove_dir_all(folder.path().join("screws/validation")).unwrap();
    insta::assert_snapshot!(both(&folder), @"task `screws`: no folder FOLDER/screws/validation; make it and put the images to be judged, without labels, there");
    fs::remove_dir_all(folder.path()).unwrap();
    insta::assert_snapshot!(both(&folder), @"no folder FOLDER; set `data.folder.root` to the folder that holds your images");
}

#[test]
fn too_few_images() {
    insta::assert_snapshot!(both(&screws(3)), @"task `screws`: FOLDER/screws/train holds 3 images, fewer than 4 (2 to train on, 2 to hold out); put more of them there");
    let folder = screws(4);
    let split = SplitSpec {
        held_out: Some(3),
        ..SplitSpec::default()
    };
    insta::assert_snapshot!(of(&folder, &data(&folder, false), &split, &task("screws")), @"task `screws`: FOLDER/screws/train holds 4 images, fewer than 5 (2 to train on, 3 to hold out); put more of them there");
    fs::remove_file(folder.path().join("screws/validation/y.png")).unwrap();
    insta::assert_snapshot!(both(&folder), @"task `screws`: FOLDER/screws/validation holds 1 images, fewer than 2 (2 to judge); put more of them there");
}

#[test]
fn files_that_are_no_images() {
    let folder = screws(4);
    let says = |name: &str, bytes: &[u8]| {
        let path = format!("screws/validation/{name}");
        write(&folder, &path, bytes);
        let text = both(&folder);
        fs::remove_file(folder.path().join(path)).unwrap();
        text
    };
    insta::assert_snapshot!(says("notes.txt", b"the third is scratched"), @"FOLDER/screws/validation/notes.txt is no PNG, JPEG, BMP, TIFF or WebP image; convert it to one or move it out of the folder");
    insta::assert_snapshot!(says("empty.png", b""), @"FOLDER/screws/validation/empty.png is no PNG, JPEG, BMP, TIFF or WebP image; convert it to one or move it out of the folder");
    insta::assert_snapshot!(says("moving.png", b"GIF89a\x08\0\x08\0\0\0\0;"), @"FOLDER/screws/validation/moving.png is no PNG, JPEG, BMP, TIFF or WebP image; convert it to one or move it out of the folder");
    insta::assert_snapshot!(says("head.png", &level(0)[..20]), @"FOLDER/screws/validation/head.png is damaged (unexpected end of file); replace it or move it out of the folder");
}

#[test]
fn files_cut_short() {
    let pixel = |x: u32, y: u32| image::Rgb([x, y, x ^ y].map(|n| (n * 11) as u8));
    let image = DynamicImage::from(RgbImage::from_fn(64, 64, pixel));
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::WebP,
    ] {
        let folder = screws(4);
        let bytes = encoded(&image, format);
        write(&folder, "screws/validation/a.img", &bytes);
        assert!(load(&folder, false).is_ok(), "{format:?}");
        for part in [bytes.len() / 2, bytes.len() - 5] {
            write(&folder, "screws/validation/a.img", &bytes[..part]);
            let text = text(&folder);
            assert!(
                text.starts_with("FOLDER/screws/validation/a.img is damaged ("),
                "{format:?}: {text}"
            );
            assert!(
                text.ends_with("; replace it or move it out of the folder"),
                "{format:?}: {text}"
            );
        }
    }
}

/// A PNG whose header claims `side` x `side` pixels in colour, and which holds nothing.
fn claims(side: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    for (kind, content) in [(b"IHDR", &header[..]), (b"IDAT", &[]), (b"IEND", &[])] {
        bytes.extend((content.len() as u32).to_be_bytes());
        let mut crc = Crc::new();
        for part in [&kind[..], content] {
            bytes.extend(part);
            crc.update(part);
        }
        bytes.extend(crc.sum().to_be_bytes());
    }
    bytes
}

#[test]
fn a_header_is_not_believed() {
    let folder = screws(4);
    write(&folder, "screws/validation/bomb.png", &claims(100_000));
    insta::assert_snapshot!(both(&folder), @"FOLDER/screws/validation/bomb.png is too large: an image may have 32768 pixels a side and take 512 MiB of memory; scale it down or move it out of the folder");
    let sides = text(&folder);
    // Within the sides, but 2.7 GB.
    write(&folder, "screws/validation/bomb.png", &claims(30_000));
    assert_eq!(both(&folder), sides);
    write(&folder, "screws/validation/bomb.png", &claims(64));
    assert!(text(&folder).contains("is damaged"), "{}", text(&folder));
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let folder = screws(4);
    let validation = folder.path().join("screws/validation");
    std::os::unix::fs::symlink(folder.path().join("screws/train"), validation.join("more")).unwrap();
    assert_eq!(load(&folder, false).unwrap().validation.count, 6);
    std::os::unix::fs::symlink(&validation, validation.join("round")).unwrap();
    insta::assert_snapshot!(both(&folder), @"FOLDER/screws/validation/round can't be read: a link leads back to FOLDER/screws/validation; mend its permissions or move it out of the folder");
}

#[test]
fn what_a_folder_does_not_have() {
    let folder = screws(4);
    let mut other = task("screws");
    other.anomaly = AnomalySpec::Class(ClassRef("nuts".into()));
    insta::assert_snapshot!(of(&folder, &data(&folder, false), &SplitSpec::default(), &other), @"task `screws-vs-nuts`: data set folder has no anomalies of this kind; write `unlabelled` as the task's `anomaly`");
    let DataSpec::Folder(mut large) = data(&folder, false) else {
        panic!("the fixture is a folder")
    };
    large.size_px = 1025;
    insta::assert_snapshot!(of(&folder, &DataSpec::Folder(large), &SplitSpec::default(), &task("screws")), @"`data.folder.size_px`: 1025 is out of range; images can be 8 to 1024 pixels wide");
}
