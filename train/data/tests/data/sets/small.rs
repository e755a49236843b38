//! Small images in few files: the MNIST family, SVHN, CIFAR.

use super::*;
use crate::fixture::{gz, idx};

fn split(train: u32, held_out: u32, normal: u32, anomalous: u32) -> SplitSpec {
    SplitSpec {
        train: count(train),
        held_out: Some(held_out),
        validation_normal: count(normal),
        validation_anomalous: count(anomalous),
        ..SplitSpec::default()
    }
}

#[test]
fn the_mnist_family_keeps_its_halves_apart() {
    let folder = TempDir::new().unwrap();
    // 30 images of 9 x 7 to train on, 18 to test on; classes 0, 1 and 2.
    for (half, first, n) in [("train", 0, 30_u8), ("test", 100, 18)] {
        let pixels: Vec<u8> = (0..n).flat_map(|i| [first + i; 63]).collect();
        let labels: Vec<u8> = (0..n).map(|i| i % 3).collect();
        let name = |kind| folder.path().join(format!("emnist-{half}-{kind}-ubyte"));
        fs::write(
            name("images-idx3").with_extension("gz"),
            gz(&idx(&[u32::from(n), 9, 7], &pixels)),
        )
        .unwrap();
        fs::write(name("labels-idx1"), idx(&[u32::from(n)], &labels)).unwrap();
    }
    let data = data(&folder, "{mnist: {root: ROOT, size_px: 8}}");
    let (images, labels) = load(&data, &split(7, 3, 6, 9), &task("1", classes(&["0", "2"]))).unwrap();
    let mut normal = [levels(&images.train), levels(&images.held_out)].concat();
    normal.sort_unstable();
    assert_eq!(normal, (0..10).map(|i| 3 * i + 1).collect::<Vec<_>>());
    assert_eq!(
        labelled(&images.validation, &labels.validation, false),
        [101, 104, 107, 110, 113, 116]
    );
    let anomalous = labelled(&images.validation, &labels.validation, true);
    assert_eq!(anomalous.len(), 9);
    assert!(anomalous.iter().all(|level| (level - 100) % 3 != 1));
    insta::assert_snapshot!(fault(&folder, &data, &split(8, 3, 1, 1), &task("1", class("2"))), @"task `1-vs-2`: class 1 has 10 images in the part `train` and the split asks for 11 (train 8, held_out 3); ask for fewer");
    insta::assert_snapshot!(fault(&folder, &data, &split(2, 2, 1, 1), &task("3", class("2"))), @"task `3-vs-2`: mnist has no class `3`; its classes are 0, 1, 2");
    fs::remove_file(folder.path().join("emnist-test-labels-idx1-ubyte")).unwrap();
    insta::assert_snapshot!(fault(&folder, &data, &split(2, 2, 1, 1), &task("1", class("2"))), @"FOLDER holds no file whose name ends in `t10k-labels-idx1-ubyte` or `test-labels-idx1-ubyte` (or that with .gz); get the data set anew");
}

#[test]
fn svhn_s_label_10_is_the_digit_0_and_its_columns_are_no_rows() {
    let folder = TempDir::new().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mat5");
    for (from, to) in [
        ("scipy-packed-uint8", "train_32x32.mat"),
        ("big-plain-uint8", "test_32x32.mat"),
    ] {
        fs::copy(fixtures.join(format!("{from}.mat")), folder.path().join(to)).unwrap();
    }
    let data = data(&folder, "{svhn: {root: ROOT}}");
    let (images, labels) = load(&data, &split(1, 0, 1, 1), &task("0", class("2"))).unwrap();
    assert_eq!(
        (images.train.count, images.train.channels, images.train.width),
        (1, 3, 32)
    );
    // The formula of `tests/python/mat5.py`, in planes.
    let pixel = |n: usize, channel: usize, row: usize, column: usize| {
        ((row * 7 + column * 13 + channel * 101 + n * 29) % 256) as f32 / 255.0
    };
    let expected = |n| -> Vec<f32> { (0..3072).map(|at| pixel(n, at / 1024, at / 32 % 32, at % 32)).collect() };
    assert_eq!(images.train.image(0), expected(0));
    let anomalous = usize::from(labels.validation[1]);
    assert_eq!(images.validation.image(anomalous), expected(2));
    assert_eq!(images.validation.image(1 - anomalous), expected(0));
    fs::remove_file(folder.path().join("test_32x32.mat")).unwrap();
    insta::assert_snapshot!(fault(&folder, &data, &split(1, 0, 1, 1), &task("0", class("2"))), @"FOLDER holds no test_32x32.mat; `augur fetch svhn` says where to get the data set and how it should lie");
    fs::write(folder.path().join("test_32x32.mat"), "no such file").unwrap();
    insta::assert_snapshot!(fault(&folder, &data, &split(1, 0, 1, 1), &task("0", class("2"))), @"FOLDER/test_32x32.mat is no MATLAB v5 file; get the file anew");
}

/// A record whose pixels tell which image it is, and that planes are planes.
fn record(labels: &[u8], level: u8) -> Vec<u8> {
    let planes = [level, level + 1, level + 2]
        .into_iter()
        .flat_map(|level| [level; 1024]);
    labels.iter().copied().chain(planes).collect()
}

#[test]
fn cifar_10_in_its_own_folder() {
    let folder = TempDir::new().unwrap();
    let within = folder.path().join("cifar-10-batches-bin");
    fs::create_dir_all(&within).unwrap();
    for batch in 0..5_u8 {
        let records: Vec<u8> = (0..4).flat_map(|i| record(&[i % 2 * 3], 10 * batch + i)).collect();
        fs::write(within.join(format!("data_batch_{}.bin", batch + 1)), records).unwrap();
    }
    let records: Vec<u8> = (0..6).flat_map(|i| record(&[i % 2 * 3], 100 + i)).collect();
    fs::write(within.join("test_batch.bin"), records).unwrap();
    let data = data(&folder, "{cifar10: {root: ROOT}}");
    let (images, labels) = load(&data, &split(8, 2, 3, 3), &task("airplane", class("cat"))).unwrap();
    let mut normal = [levels(&images.train), levels(&images.held_out)].concat();
    normal.sort_unstable();
    assert_eq!(normal, [0, 2, 10, 12, 20, 22, 30, 32, 40, 42]);
    assert_eq!(labelled(&images.validation, &labels.validation, false), [100, 102, 104]);
    assert_eq!(labelled(&images.validation, &labels.validation, true), [101, 103, 105]);
    let channels = [0, 1024, 2048].map(|at| (images.train.image(0)[at] * 255.0).round() as u8);
    assert_eq!([1, 2], [channels[1] - channels[0], channels[2] - channels[0]]);
    insta::assert_snapshot!(fault(&folder, &data, &split(1, 1, 1, 1), &task("plane", class("cat"))), @"task `plane-vs-cat`: cifar10 has no class `plane` (did you mean `airplane`?); its classes are 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck");
    fs::remove_file(within.join("data_batch_3.bin")).unwrap();
    insta::assert_snapshot!(fault(&folder, &data, &split(1, 1, 1, 1), &task("airplane", class("cat"))), @"FOLDER/cifar-10-batches-bin holds no data_batch_3.bin; `augur fetch cifar10` says where to get the data set and how it should lie");
}

#[test]
fn cifar_100_by_fine_and_by_coarse_labels() {
    let folder = TempDir::new().unwrap();
    // Apples and mushrooms with their true coarse labels, and orchids: fine labels 0, 51 and 54.
    let labels = [[4, 0], [4, 51], [2, 54]];
    for (file, first) in [("train.bin", 0), ("test.bin", 100)] {
        let records: Vec<u8> = (0..12)
            .flat_map(|i| record(&labels[usize::from(i) % 3], first + i))
            .collect();
        fs::write(folder.path().join(file), records).unwrap();
    }
    let fine = data(&folder, "{cifar100: {root: ROOT, colour: false}}");
    let (images, found) = load(&fine, &split(3, 1, 4, 4), &task("apple", class("orchid"))).unwrap();
    assert_eq!((images.train.channels, images.train.count), (1, 3));
    assert_eq!(found.validation.len(), 8);
    let coarse = data(&folder, "{cifar100: {root: ROOT, labels: coarse}}");
    let (images, found) = load(
        &coarse,
        &split(6, 2, 8, 4),
        &task("fruit_and_vegetables", class("flowers")),
    )
    .unwrap();
    assert_eq!(
        labelled(&images.validation, &found.validation, true),
        [102, 105, 108, 111]
    );
    insta::assert_snapshot!(fault(&folder, &coarse, &split(9, 2, 1, 1), &task("4", class("2"))), @"task `4-vs-2`: class fruit_and_vegetables has 8 images in the part `train` and the split asks for 11 (train 9, held_out 2); ask for fewer");
}
