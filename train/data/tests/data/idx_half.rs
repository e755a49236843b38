//! Halves of sets of the MNIST family: their names, their sizes, and files that don't belong together.

use crate::fixture::{gz, idx};
use augur_data::idx::{Half, HalfError, IdxError, LabelledImages};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Writes three images of 2 x 4 and their labels, of more than ten classes.
fn write(folder: &Path, images: &str, labels: &str) {
    let pixels: Vec<u8> = (0..24).collect();
    for (name, file) in [(images, idx(&[3, 2, 4], &pixels)), (labels, idx(&[3], &[61, 0, 26]))] {
        let file = if name.ends_with(".gz") { gz(&file) } else { file };
        fs::write(folder.join(name), file).unwrap();
    }
}

#[test]
fn halves_are_found_under_each_name_that_is_in_use() {
    let cases = [
        (Half::Train, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
        (Half::Test, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz"),
        (Half::Train, "train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        (
            Half::Test,
            "emnist-letters-test-images-idx3-ubyte.gz",
            "emnist-letters-test-labels-idx1-ubyte.gz",
        ),
    ];
    for (half, images, labels) in cases {
        let folder = TempDir::new().unwrap();
        write(folder.path(), images, labels);
        let read = LabelledImages::open(folder.path(), half).unwrap_or_else(|(path, fault)| {
            panic!("{} {fault}", path.display());
        });
        assert_eq!((read.len(), read.height, read.width), (3, 2, 4), "{images}");
        assert_eq!(read.labels(), [61, 0, 26]);
        assert_eq!(read.image(1), [8, 9, 10, 11, 12, 13, 14, 15]);
        let other = if half == Half::Train { Half::Test } else { Half::Train };
        let (path, fault) = LabelledImages::open(folder.path(), other).unwrap_err();
        assert!(matches!(fault, HalfError::Missing(_)), "{fault}");
        assert_eq!(path, folder.path());
    }
}

#[test]
fn two_sets_in_a_folder_are_not_mixed() {
    let folder = TempDir::new().unwrap();
    for set in ["digits-", "letters-"] {
        let name = |kind: &str| format!("{set}train-{kind}-ubyte");
        write(folder.path(), &name("images-idx3"), &name("labels-idx1"));
    }
    let (_, fault) = LabelledImages::open(folder.path(), Half::Train).unwrap_err();
    insta::assert_snapshot!(fault, @"holds several files that could be it: digits-train-images-idx3-ubyte, letters-train-images-idx3-ubyte; keep one of them");
}

#[test]
fn gz_goes_before_plain_and_both_are_one_set() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte");
    fs::write(folder.path().join("train-images-idx3-ubyte"), "a leftover").unwrap();
    assert!(LabelledImages::open(folder.path(), Half::Train).is_ok());
}

#[test]
fn files_that_dont_belong_together_are_faults() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "train-images-idx3-ubyte", "train-labels-idx1-ubyte");
    let (images, labels) = (
        folder.path().join("train-images-idx3-ubyte"),
        folder.path().join("train-labels-idx1-ubyte"),
    );
    let fault = || LabelledImages::open(folder.path(), Half::Train).unwrap_err();
    fs::write(&labels, idx(&[2], &[1, 2])).unwrap();
    let (path, wrong) = fault();
    assert_eq!(path, labels);
    insta::assert_snapshot!(wrong, @"is damaged: expected [3] labels, one an image, found [2]; get the data set anew");
    fs::write(&images, idx(&[3, 8], &[0; 24])).unwrap();
    let (path, wrong) = fault();
    assert_eq!(path, images);
    assert!(matches!(wrong, HalfError::Damaged(IdxError::Content { .. })));
    fs::write(&images, "PK").unwrap();
    assert!(matches!(fault().1, HalfError::Damaged(IdxError::Magic { .. })));
}
