//! Files like SVHN's: committed ones, those that SciPy and a writer of its own make in Python, and broken ones.

use augur_data::mat5::{Mat5Error, MatFile, SvhnFile};
use flate2::{Compression, write::ZlibEncoder};
use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// The three images of each committed file, written by `tests/python/mat5.py`.
const COMMITTED: [&str; 4] = [
    "scipy-packed-uint8",
    "scipy-plain-double",
    "big-packed-int16",
    "big-plain-uint8",
];

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mat5");
    fs::read(folder.join(format!("{name}.mat"))).unwrap()
}

fn read(bytes: &[u8]) -> Result<SvhnFile, Mat5Error> {
    SvhnFile::read(Cursor::new(bytes))
}

/// Every pixel and label is what the writers' formula says.
fn check(file: &SvhnFile, count: usize, name: &str) {
    assert_eq!(file.len(), count, "{name}");
    // The first is stored as 10.
    let labels: Vec<u8> = (0..count).map(|n| (n % 10) as u8).collect();
    assert_eq!(file.labels(), labels, "{name}");
    for n in 0..count {
        let image = file.image(n);
        for (at, &byte) in image.iter().enumerate() {
            let (row, column, channel) = (at / 96, at / 3 % 32, at % 3);
            let expected = (row * 7 + column * 13 + channel * 101 + n * 29) % 256;
            assert_eq!(usize::from(byte), expected, "{name}, image {n}, byte {at}");
        }
    }
}

#[test]
fn committed_files_are_read() {
    for name in COMMITTED {
        check(&read(&fixture(name)).unwrap(), 3, name);
    }
}

#[test]
fn files_of_independent_writers_are_read() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    if !python.exists() {
        eprintln!("not tested: {} is missing; run `make setup-test`", python.display());
        return;
    }
    let folder = TempDir::new().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/mat5.py");
    let done = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "{said}\nrun `make setup-test` if SciPy is missing"
    );
    let files: Vec<PathBuf> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(
        files.len(),
        2 * (4 + 2 * 11),
        "two ways: SciPy's, and two orders with every type of number"
    );
    for path in files {
        let name = path.display().to_string();
        let count = if name.ends_with("-one.mat") { 1 } else { 24 };
        let file = SvhnFile::open(&path).unwrap_or_else(|fault| panic!("{name} {fault}"));
        check(&file, count, &name);
        assert_eq!(SvhnFile::probe(&path).unwrap(), file.labels(), "{name}");
    }
}

#[test]
fn other_files_are_told_apart() {
    let header = |text: &str, version: &[u8]| [format!("{text:124}").as_bytes(), version].concat();
    let hdf5 = [
        &header("MATLAB 7.3 MAT-file", b"\x00\x02IM")[..],
        &[0; 384],
        b"\x89HDF\r\n\x1a\n",
    ]
    .concat();
    assert_eq!(read(&hdf5), Err(Mat5Error::Hdf5));
    assert_eq!(read(b"\x89HDF\r\n\x1a\n and so on"), Err(Mat5Error::Hdf5));
    assert_eq!(read(&header("of Octave", b"\x00\x02IM")), Err(Mat5Error::Hdf5));
    for other in [
        &b""[..],
        b"MATLAB 5.0",
        b"PK\x03\x04",
        &header("MATLAB 5.0", b"\x00\x01MI"),
    ] {
        assert_eq!(read(other), Err(Mat5Error::Format));
    }
    let missing = PathBuf::from("no/such/file.mat");
    assert!(matches!(SvhnFile::open(&missing), Err(Mat5Error::Unreadable(_))));
}

#[test]
fn messages_say_what_and_what_to_do() {
    let shown = |fault: Result<SvhnFile, Mat5Error>| fault.unwrap_err().to_string();
    insta::assert_snapshot!(shown(read(b"\x89HDF\r\n\x1a\n")), @"is a MATLAB v7.3 (HDF5) file, which augur doesn't read; load it in MATLAB and save it with `save(NAME, 'X', 'y', '-v7')`, or with `scipy.io.savemat` in Python");
    let renamed = replaced(&fixture("scipy-plain-double"), b"\x01\0\x01\0y", b"\x01\0\x01\0z");
    insta::assert_snapshot!(shown(read(&renamed)), @"has no variable `y`; it has `X`, `z`");
    let [_, labels] = arrays(1);
    let negative = file(&[
        array("X", 9, &[32, 32, 3], 2, &[0; 3072]),
        replaced(&labels, &[5, 0, 0, 0], &[77, 0, 0, 0]),
    ]);
    insta::assert_snapshot!(shown(read(&negative)), @"holds `y` as other numbers instead of labels from 1 to 10; get the file anew");
    let grey = file(&[
        array("X", 9, &[28, 28, 1, 2], 2, &[0; 1568]),
        array("y", 9, &[2, 1], 2, &[1, 2]),
    ]);
    insta::assert_snapshot!(shown(read(&grey)), @"holds `X` as an array [28, 28, 1, 2] instead of uint8 [32, 32, 3, 2]; get the file anew");
}

#[test]
fn every_cut_is_a_fault() {
    for name in COMMITTED {
        let whole = fixture(name);
        for length in 0..whole.len() {
            // The last bytes of a plain file are padding, whose lack is a fault too.
            assert!(
                read(&whole[..length]).is_err(),
                "{name} cut to {length} of {} bytes",
                whole.len()
            );
        }
    }
}

#[test]
fn no_flipped_bit_changes_compressed_data() {
    for name in ["scipy-packed-uint8", "big-packed-int16"] {
        let whole = fixture(name);
        let expected = read(&whole).unwrap();
        for at in 128..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                // Some bits mean nothing (zlib's level); none may give other images.
                if let Ok(file) = read(&flipped) {
                    assert_eq!(file, expected, "{name}, byte {at}, bit {bit}");
                }
            }
        }
    }
}

#[test]
fn sizes_are_not_believed() {
    let labels = |n: usize| packed(&array("y", 9, &[n as u32, 1], 2, &vec![1; n]));
    // 600,000 images are promised, a hundred bytes are there.
    let mut promise = array("X", 9, &[32, 32, 3, 600_000], 2, &[]);
    let length = promise.len();
    promise[length - 4..].copy_from_slice(&(600_000_u32 * 3072).to_le_bytes());
    for x in [
        [&promise[..], &[0; 100]].concat(),
        packed(&[&promise[..], &[0; 100]].concat()),
    ] {
        assert!(matches!(read(&file(&[labels(600_000), x])), Err(Mat5Error::Damaged(_))));
    }
    // More labels than any file has, and more than a number can hold.
    for dims in [[600_001, 1], [u32::MAX >> 1, u32::MAX >> 1]] {
        let many = file(&[array("y", 9, &dims, 2, &[])]);
        assert!(matches!(read(&many), Err(Mat5Error::Content { .. })), "{dims:?}");
    }
    assert!(matches!(
        read(&file(&[array("y", 9, &[u32::MAX, 1], 2, &[])])),
        Err(Mat5Error::Damaged(_))
    ));
    // A compressed element that goes on for 256 MiB behind its array: the fault is found at its first byte.
    let [x, _] = arrays(1);
    let bomb = packed(&[&x[..], &vec![0; 256 << 20]].concat());
    let fault = read(&file(&[bomb, labels(1)])).unwrap_err();
    assert_eq!(fault, Mat5Error::Damaged("an array goes on after its numbers".into()));
}

#[test]
fn numbers_of_every_type() {
    let cases: [(u32, &[u8], f64); 10] = [
        (1, &[0xfe], -2.0),
        (2, &[0xfe], 254.0),
        (3, &[0xfe, 0xff], -2.0),
        (4, &[0xfe, 0xff], 65534.0),
        (5, &[0xfe, 0xff, 0xff, 0xff], -2.0),
        (6, &[0xfe, 0xff, 0xff, 0xff], 4_294_967_294.0),
        (7, &[0, 0, 0x20, 0xc0], -2.5),
        (9, &[0, 0, 0, 0, 0, 0, 4, 0xc0], -2.5),
        (12, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -2.0),
        (13, &[0, 0, 0, 0, 0, 0, 0x20, 0], 9_007_199_254_740_992.0),
    ];
    for (stored, bytes, expected) in cases {
        let bytes = file(&[array("value", 6, &[1, 1], stored, bytes)]);
        let value = MatFile::new(Cursor::new(bytes)).unwrap().variable("value", 1).unwrap();
        assert_eq!(value.numbers().collect::<Vec<_>>(), [expected], "type {stored}");
        assert_eq!((value.name(), value.dims()), ("value", &[1, 1][..]));
        assert_eq!(
            value.into_bytes(),
            (expected == 254.0).then(|| vec![254]),
            "type {stored}"
        );
    }
}

/// A little-endian file.
fn file(elements: &[Vec<u8>]) -> Vec<u8> {
    let mut file = format!("{:124}", "MATLAB 5.0 MAT-file").into_bytes();
    file.extend(b"\x00\x01IM");
    elements.iter().for_each(|element| file.extend(element));
    file
}

fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut element = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
    element.extend(data);
    element.resize(element.len().next_multiple_of(8), 0);
    element
}

/// An array of a class, its numbers being stored as another type.
fn array(name: &str, class: u32, dims: &[u32], stored: u32, numbers: &[u8]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|dim| dim.to_le_bytes()).collect();
    let flags = [class.to_le_bytes(), [0; 4]].concat();
    let body = [
        element(6, &flags),
        element(5, &dims),
        element(1, name.as_bytes()),
        element(stored, numbers),
    ];
    element(14, &body.concat())
}

fn packed(element: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(element).unwrap();
    let data = encoder.finish().unwrap();
    [&15_u32.to_le_bytes()[..], &(data.len() as u32).to_le_bytes(), &data].concat()
}

/// Black images of the digit 5.
fn arrays(count: u32) -> [Vec<u8>; 2] {
    let n = count as usize;
    [
        array("X", 9, &[32, 32, 3, count], 2, &vec![0; n * 3072]),
        array("y", 9, &[count, 1], 2, &vec![5; n]),
    ]
}

/// With the last place where `from` stands changed to `to`.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).rposition(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}
