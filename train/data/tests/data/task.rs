//! Tasks of a small data set of the true format: who gets which image, and who gets a label.

use crate::fixture::{against, data, id, load_task, rotated, small_split, write};
use augur_core::spec::{DataSpec, FashionMnistSpec, SplitSpec};
use augur_data::{Images, TaskImages, load_labels, rotate_zeros};
use sha2::{Digest, Sha256};
use std::{collections::HashSet, path::Path};
use tempfile::TempDir;

fn ids(images: &Images) -> Vec<u32> {
    (0..images.count).map(|i| id(images.image(i))).collect()
}

fn small() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 120, 80);
    folder
}

#[test]
fn anomalies_of_another_class() {
    let folder = small();
    let (data, task) = (data(folder.path()), against("sneaker", "sandal"));
    let images = load_task(&data, &small_split(), &task, Path::new(".")).unwrap();
    let labels = load_labels(&data, &small_split(), &task, Path::new("."))
        .unwrap()
        .unwrap()
        .validation;

    assert_eq!(
        (images.train.count, images.held_out.count, images.validation.count),
        (6, 3, 8)
    );
    let (train, held_out, validation) = (ids(&images.train), ids(&images.held_out), ids(&images.validation));
    let all: HashSet<_> = train.iter().chain(&held_out).chain(&validation).collect();
    assert_eq!(all.len(), 17, "an image stands in two places");
    assert!(train.iter().chain(&held_out).all(|id| id % 10 == 7));
    assert!(
        validation
            .iter()
            .zip(&labels)
            .all(|(id, &anomalous)| id % 10 == if anomalous { 5 } else { 7 })
    );
    assert_eq!(labels.iter().filter(|label| **label).count(), 3);
    assert!(
        labels[..3] != [true; 3] && labels[5..] != [true; 3],
        "the order gives the labels away"
    );
    // Both files give images.
    assert!(train.iter().any(|id| *id < 120) && train.iter().any(|id| *id >= 120));
}

#[test]
fn planted_anomalies_are_further_images_turned() {
    let folder = small();
    let (data, task) = (data(folder.path()), rotated("7", 150.0));
    let TaskImages {
        train,
        held_out,
        validation,
        ..
    } = load_task(&data, &small_split(), &task, Path::new(".")).unwrap();
    let labels = load_labels(&data, &small_split(), &task, Path::new("."))
        .unwrap()
        .unwrap()
        .validation;
    let normal = |image: &Images, i: usize| Images {
        data: image.image(i).to_vec(),
        count: 1,
        ..*image
    };

    let mut used: HashSet<_> = ids(&train).into_iter().chain(ids(&held_out)).collect();
    for (i, anomalous) in labels.iter().enumerate() {
        if !anomalous {
            assert!(used.insert(id(validation.image(i))));
        }
    }
    // Each planted image is an unused one of the class, turned.
    let unused = (0..200).filter(|id| id % 10 == 7 && !used.contains(id));
    let originals = unused.map(|id| {
        crate::fixture::pixels(id)
            .iter()
            .map(|&p| f32::from(p) / 255.0)
            .collect()
    });
    let turned: Vec<_> = originals
        .map(|pixels: Vec<f32>| {
            rotate_zeros(
                &Images {
                    data: pixels,
                    ..normal(&train, 0)
                },
                150.0,
            )
            .data
        })
        .collect();
    let mut found = HashSet::new();
    for (i, _) in labels.iter().enumerate().filter(|(_, anomalous)| **anomalous) {
        let original = turned.iter().position(|image| image == validation.image(i));
        assert!(found.insert(original.expect("a planted image is an unused one, turned")));
    }
    assert_eq!(found.len(), 3);
}

#[test]
fn the_same_task_gives_the_same_bits() {
    let folder = small();
    let DataSpec::FashionMnist(full) = data(folder.path()) else {
        panic!("the fixture is Fashion-MNIST")
    };
    let size = |size_px| {
        DataSpec::FashionMnist(FashionMnistSpec {
            size_px,
            ..full.clone()
        })
    };
    let hash = |data: &DataSpec, split: &SplitSpec, name: &str| {
        let images = load_task(data, split, &rotated(name, 150.0), Path::new(".")).unwrap();
        let mut hash = Sha256::new();
        for group in [images.train, images.held_out, images.validation] {
            group.data.iter().for_each(|value| hash.update(value.to_le_bytes()));
        }
        hash.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    insta::assert_snapshot!(hash(&size(16), &small_split(), "sneaker"), @"e39f57e22eaaaa0c");
    assert_eq!(
        hash(&size(16), &small_split(), "sneaker"),
        hash(&size(16), &small_split(), "7")
    );
    let other_seed = SplitSpec {
        seed: 1,
        ..small_split()
    };
    assert_ne!(hash(&size(16), &small_split(), "7"), hash(&size(16), &other_seed, "7"));
    let image = load_task(&size(16), &small_split(), &rotated("7", 150.0), Path::new("."))
        .unwrap()
        .train;
    assert_eq!(
        (image.height, image.width, image.channels, image.data.len()),
        (16, 16, 1, 6 * 256)
    );
}

#[test]
fn a_relative_root_starts_at_the_base() {
    let folder = small();
    let (base, name) = (folder.path().parent().unwrap(), folder.path().file_name().unwrap());
    let data = data(Path::new(name));
    assert!(load_task(&data, &small_split(), &against("7", "5"), base).is_ok());
}
