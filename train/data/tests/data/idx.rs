//! IDX files of the true format, whole and broken, plain and gz.

use crate::fixture::{gz, idx as file};
use augur_data::idx::{self, IdxError, ReadError};
use proptest::prelude::*;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

fn stored(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("images");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn fault(bytes: &[u8]) -> IdxError {
    let (_folder, path) = stored(bytes);
    match (idx::read(&path), idx::probe(&path)) {
        (Err(ReadError::Idx(read)), Err(ReadError::Idx(probed))) => {
            assert_eq!(read, probed, "a probe judges as a full read does");
            read
        }
        other => panic!("expected a fault of the file, got {other:?}"),
    }
}

#[test]
fn plain_and_gz_files_give_the_same() {
    let plain = file(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    for bytes in [plain.clone(), gz(&plain), [gz(&plain[..7]), gz(&plain[7..])].concat()] {
        let (_folder, path) = stored(&bytes);
        let read = idx::read(&path).unwrap();
        let parsed = idx::parse(&read).unwrap();
        assert_eq!((parsed.dims, parsed.data), (vec![2, 3], &[1, 2, 3, 4, 5, 6][..]));
        assert_eq!(idx::probe(&path).unwrap(), [2, 3]);
    }
}

#[test]
fn wrong_sizes_are_faults() {
    let whole = file(&[2, 3], &[0; 6]);
    let cut = &whole[..whole.len() - 2];
    let long = [&whole[..], &[0, 0, 0]].concat();
    for (cut, long) in [(cut.to_vec(), long.clone()), (gz(cut), gz(&long))] {
        assert_eq!(
            fault(&cut),
            IdxError::Truncated {
                expected: 18,
                found: 16
            }
        );
        assert_eq!(
            fault(&long),
            IdxError::Oversized {
                expected: 18,
                found: 21
            }
        );
    }
    assert_eq!(fault(&whole[..6]), IdxError::Truncated { expected: 12, found: 6 });
}

#[test]
fn other_files_are_faults() {
    assert_eq!(
        fault(b"PK\x03\x04"),
        IdxError::Magic {
            found: "50 4b 03 04".into()
        }
    );
    assert_eq!(fault(b""), IdxError::Magic { found: "(none)".into() });
    // Type 0x0d is float; no dimension at all is no array.
    assert_eq!(
        fault(&[0, 0, 0x0d, 1, 0, 0, 0, 0]),
        IdxError::Magic {
            found: "00 00 0d 01".into()
        }
    );
    assert_eq!(
        fault(&[0, 0, 8, 0]),
        IdxError::Magic {
            found: "00 00 08 00".into()
        }
    );
}

#[test]
fn a_header_is_not_believed() {
    let huge = [u32::MAX; 3];
    assert_eq!(fault(&file(&huge, &[])), IdxError::TooLarge { dims: huge.to_vec() });
    assert_eq!(
        fault(&file(&[1 << 30], &[0; 5])),
        IdxError::Truncated {
            expected: 8 + (1 << 30),
            found: 13
        }
    );
}

#[test]
fn broken_compression_is_a_fault_of_the_file() {
    let whole = gz(&file(&[1000], &(0..1000).map(|i| (i * i) as u8).collect::<Vec<_>>()));
    let (_folder, path) = stored(&whole[..whole.len() / 2]);
    assert!(matches!(
        idx::read(&path),
        Err(ReadError::Idx(IdxError::Compression { .. }))
    ));
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let (_folder, path) = stored(&flipped);
    assert!(matches!(idx::read(&path), Err(ReadError::Idx(_))));
}

proptest! {
    #[test]
    fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..64), as_idx: bool) {
        let bytes = if as_idx { [&[0, 0, 8, 2][..], &bytes].concat() } else { bytes };
        if let Ok(parsed) = idx::parse(&bytes) {
            prop_assert_eq!(parsed.dims.iter().product::<usize>(), parsed.data.len());
        }
    }

    #[test]
    fn what_is_written_is_read(rows in 0_u32..9, columns in 0_u32..9, seed: u8) {
        let data: Vec<u8> = (0..rows * columns).map(|i| (i as u8).wrapping_mul(seed)).collect();
        let bytes = file(&[rows, columns], &data);
        let parsed = idx::parse(&bytes).unwrap();
        prop_assert_eq!(parsed.dims, vec![rows as usize, columns as usize]);
        prop_assert_eq!(parsed.data, &data[..]);
    }
}
