//! Records of CIFAR-10 and CIFAR-100, whole and broken.

use augur_data::cifar::{Cifar, CifarError, CifarFile};
use std::fs;
use tempfile::TempDir;

/// Image `n`: its first byte of each plane tells which one it is.
fn pixels(n: usize) -> Vec<u8> {
    (0..3072).map(|at| (at / 1024 * 50 + n) as u8).collect()
}

fn records(labels: &[&[u8]]) -> Vec<u8> {
    let records = labels.iter().enumerate();
    records
        .flat_map(|(n, labels)| [labels.to_vec(), pixels(n)].concat())
        .collect()
}

#[test]
fn labels_and_planes_are_read() {
    let folder = TempDir::new().unwrap();
    let cases = [
        (Cifar::Ten, records(&[&[9], &[0], &[3]]), [9, 0, 3]),
        // Coarse label, fine label.
        (Cifar::Hundred, records(&[&[19, 99], &[0, 0], &[7, 42]]), [99, 0, 42]),
    ];
    for (kind, bytes, labels) in cases {
        let path = folder.path().join("batch.bin");
        fs::write(&path, bytes).unwrap();
        let file = CifarFile::open(&path, kind).unwrap();
        assert_eq!(file.len(), 3);
        assert_eq!(file.labels().collect::<Vec<_>>(), labels);
        for n in 0..3 {
            assert_eq!(file.image(n), pixels(n));
        }
    }
}

#[test]
fn other_sizes_and_labels_are_faults() {
    let whole = records(&[&[1], &[2]]);
    for bytes in [&whole[..0], &whole[..3073 * 2 - 1], &[&whole[..], &[0]].concat()] {
        let found = bytes.len() as u64;
        assert_eq!(
            CifarFile::from_bytes(bytes.to_vec(), Cifar::Ten),
            Err(CifarError::Size { record: 3073, found })
        );
    }
    let fault = CifarFile::from_bytes(records(&[&[1], &[10]]), Cifar::Ten).unwrap_err();
    insta::assert_snapshot!(fault, @"is damaged: record 1 (from 0) has label 10, and labels are below 10; get the binary version anew");
    let fault = CifarFile::from_bytes(records(&[&[0, 100]]), Cifar::Hundred).unwrap_err();
    assert!(matches!(
        fault,
        CifarError::Label {
            label: 100,
            classes: 100,
            ..
        }
    ));
    assert!(matches!(
        CifarFile::open("no/such/file".as_ref(), Cifar::Ten),
        Err(CifarError::Unreadable(_))
    ));
}

#[test]
fn names_come_from_the_folder_or_are_the_published_ones() {
    let folder = TempDir::new().unwrap();
    assert_eq!(Cifar::Ten.names(folder.path()).unwrap()[9], "truck");
    let hundred = Cifar::Hundred.names(folder.path()).unwrap();
    assert_eq!((hundred.len(), &*hundred[0], &*hundred[99]), (100, "apple", "worm"));
    // As published: a line that is empty at the end.
    fs::write(
        folder.path().join("batches.meta.txt"),
        "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n",
    )
    .unwrap();
    assert_eq!(Cifar::Ten.names(folder.path()).unwrap().concat(), "abcdefghij");
    fs::write(folder.path().join("fine_label_names.txt"), "apple\n").unwrap();
    assert_eq!(
        Cifar::Hundred.names(folder.path()),
        Err((
            "fine_label_names.txt",
            CifarError::Names {
                expected: 100,
                found: 1
            }
        ))
    );
}
