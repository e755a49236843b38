//! Who gets which image: order, held-out images, the same bits each time.

use super::{data, level, load, screws, task, write};
use crate::fixture::load_task;
use augur_core::spec::{SplitSpec, parse};
use augur_data::{Images, check, inspect, load_labels};
use image::{DynamicImage, RgbImage};
use sha2::{Digest, Sha256};
use std::path::Path;

fn levels(images: &Images) -> Vec<u8> {
    (0..images.count)
        .map(|i| (images.image(i)[0] * 255.0).round() as u8)
        .collect()
}

#[test]
fn every_image_is_used_once_and_keeps_its_place() {
    let folder = screws(20);
    let split = |held_out, seed| SplitSpec {
        held_out: Some(held_out),
        seed,
        ..SplitSpec::default()
    };
    let load = |split| load_task(&data(&folder, false), &split, &task("screws"), Path::new(".")).unwrap();
    let images = load(split(6, 0));
    let (train, held_out) = (levels(&images.train), levels(&images.held_out));
    assert_eq!((train.len(), held_out.len()), (14, 6));
    assert!(train.is_sorted() && held_out.is_sorted());
    let mut all = [&train[..], &held_out].concat();
    all.sort_unstable();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
    // Pinned: the seed gives the same images for ever.
    assert_eq!(held_out, [2, 3, 6, 8, 14, 15]);
    assert_ne!(held_out, levels(&load(split(6, 1)).held_out));
}

#[test]
fn a_tenth_is_held_out_at_least_fifty_at_most_half() {
    for (images, held_out) in [(4, 2), (5, 2), (99, 49), (120, 50), (240, 50)] {
        assert_eq!(
            load(&screws(images), false).unwrap().held_out.count,
            held_out,
            "{images}"
        );
    }
    let folder = screws(0);
    for n in 0..601 {
        write(&folder, &format!("screws/train/{n}.png"), &level(0));
    }
    assert_eq!(load(&folder, false).unwrap().held_out.count, 61);
}

#[test]
fn validation_images_stand_in_the_byte_order_of_their_paths() {
    let folder = screws(4);
    // `-` comes before `/`, capitals before small letters, and what is hidden or left by a system is no image.
    for (n, name) in ["B.png", "a-b/x.png", "a/deep/er/x.png", "a/x.png", "b.png"]
        .into_iter()
        .enumerate()
    {
        write(&folder, &format!("screws/validation/{name}"), &level(n as u8));
    }
    for litter in [".DS_Store", ".hidden/x.png", "a/Thumbs.db"] {
        write(&folder, &format!("screws/validation/{litter}"), b"none");
    }
    assert_eq!(
        levels(&load(&folder, false).unwrap().validation),
        [0, 1, 2, 3, 4, 255, 255]
    );
}

#[test]
fn there_are_no_labels() {
    let labels = load_labels(
        &data(&screws(4), false),
        &SplitSpec::default(),
        &task("screws"),
        Path::new("."),
    );
    assert_eq!(labels, Ok(None));
}

#[test]
fn the_same_files_give_the_same_bits() {
    let folder = screws(4);
    let picture = |width, height| {
        let pixel = |x: u32, y: u32| image::Rgb([x * 7, y * 13, x * y].map(|n| (n * n + n) as u8));
        DynamicImage::from(RgbImage::from_fn(width, height, pixel))
    };
    // Larger, smaller and both at once than the 8 x 8 that they become.
    for (name, image) in [("a", picture(61, 47)), ("b", picture(5, 3)), ("c", picture(100, 2))] {
        write(&folder, &format!("screws/validation/{name}.png"), &super::png(&image));
    }
    let hash = |colour| {
        let mut hash = Sha256::new();
        let images = load(&folder, colour).unwrap().validation;
        images.data.iter().for_each(|value| hash.update(value.to_le_bytes()));
        format!("{:x}", hash.finalize())[..16].to_owned()
    };
    insta::assert_snapshot!(hash(true), @"aef6de8f6470bcec");
    insta::assert_snapshot!(hash(false), @"92aa5b2e1995af19");
}

#[test]
fn a_folder_is_summarised() {
    let folder = screws(10);
    write(&folder, "nuts/train/a.png", &level(1));
    write(&folder, "notes/readme.txt", b"no part of a task");
    let summary = inspect(&data(&folder, false), Path::new(".")).unwrap();
    let classes: Vec<_> = summary
        .classes
        .iter()
        .map(|class| (class.name.as_str(), class.images))
        .collect();
    assert_eq!((summary.images, classes), (13, vec![("nuts", 1), ("screws", 12)]));

    let yaml = "version: 1
name: own
data: {folder: {root: ROOT, size_px: 8}}
tasks: [{normal: screws, anomaly: unlabelled}]
families: [{rotation: {starts: [{angle_deg: 30}]}}]
seeds: [0]
";
    let (base, name) = (folder.path().parent().unwrap(), folder.path().file_name().unwrap());
    let spec = parse(&yaml.replace("ROOT", name.to_str().unwrap())).unwrap();
    let task = check(&spec, base).unwrap().tasks.remove(0);
    assert_eq!(
        (task.name.as_str(), task.normal.as_str(), task.anomalous),
        ("screws", "screws", None)
    );
    assert_eq!((task.train, task.held_out, task.validation), (5, 5, 2));
}
