//! The labelled part of a folder.

use super::{data, level, screws, task, write};
use crate::fixture::load_task;
use augur_core::spec::SplitSpec;
use augur_data::{Images, Labels, load_labels};
use std::{fs, path::Path};

fn levels(images: &Images) -> Vec<u8> {
    (0..images.count)
        .map(|i| (images.image(i)[0] * 255.0).round() as u8)
        .collect()
}

#[test]
fn labels_come_from_the_folders_of_the_test_part() {
    let folder = screws(6);
    for (n, path) in ["bent/b.png", "bent/a/x.png", "good/a.png", "good/b.png", "torn/a.png"]
        .into_iter()
        .enumerate()
    {
        write(&folder, &format!("screws/test/{path}"), &level(100 + n as u8));
    }
    let (data, split) = (data(&folder, false), SplitSpec::default());
    let images = load_task(&data, &split, &task("screws"), Path::new(".")).unwrap();
    let labels = load_labels(&data, &split, &task("screws"), Path::new("."))
        .unwrap()
        .unwrap();
    assert_eq!(levels(&images.test), [101, 100, 102, 103, 104]);
    let expected = Labels {
        validation: vec![],
        test: vec![true, true, false, false, true],
    };
    assert_eq!(labels, expected);
    assert_eq!(images.validation.count, 2);
}

#[test]
fn one_kind_alone_is_refused() {
    let folder = screws(6);
    write(&folder, "screws/test/bent/a.png", &level(9));
    let text = super::faults::text(&folder);
    insta::assert_snapshot!(text, @"FOLDER/screws/test needs normal images in `good` and anomalous ones in a folder of another name; put both there or remove it");
}

#[test]
fn val_is_another_name_of_validation() {
    let folder = screws(6);
    let before = super::load(&folder, false).unwrap();
    let screws = folder.path().join("screws");
    fs::rename(screws.join("validation"), screws.join("val")).unwrap();
    assert_eq!(super::load(&folder, false).unwrap(), before);
}
