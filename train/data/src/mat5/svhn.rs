//! SVHN's cropped digits (Netzer et al. 2011): `X` uint8 [32, 32, 3, N], `y` [N, 1], where label 10 is the digit 0.

use super::{Mat5Error, MatFile};
use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
};

/// Side of the images, in pixels.
const SIDE: usize = 32;
/// Bytes of an image.
const IMAGE: usize = SIDE * SIDE * 3;
/// The largest file, `extra_32x32.mat`, has 531,131.
const MOST_IMAGES: u64 = 600_000;

/// A file of SVHN's cropped digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvhnFile {
    /// As stored: byte = row + 32 * column + 1024 * channel + 3072 * image.
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl SvhnFile {
    /// Side of the images, in pixels.
    pub const SIDE: usize = SIDE;

    /// Reads the file at `path`: 3 KiB of memory an image.
    ///
    /// # Errors
    /// A file that can't be read, or isn't a MATLAB v5 file with `X` and `y` as SVHN has them.
    pub fn open(path: &Path) -> Result<Self, Mat5Error> {
        Self::read(source(path)?)
    }

    /// As [`SvhnFile::open`], from anything that can be read.
    ///
    /// # Errors
    /// As [`SvhnFile::open`].
    pub fn read(source: impl Read + Seek) -> Result<Self, Mat5Error> {
        let mut file = MatFile::new(source)?;
        let labels = labels(&mut file)?;
        let pixels = file.variable("X", labels.len() as u64 * IMAGE as u64)?;
        let found = pixels.describe();
        Ok(Self {
            pixels: pixels.into_bytes().ok_or_else(|| wrong_pixels(labels.len(), found))?,
            labels,
        })
    }

    /// The labels alone, 0 to 9, with the images passed over but for their number and size.
    ///
    /// # Errors
    /// As [`SvhnFile::open`], as far as is read.
    pub fn probe(path: &Path) -> Result<Vec<u8>, Mat5Error> {
        labels(&mut MatFile::new(source(path)?)?)
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The digits, 0 to 9.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Image `index`, below [`SvhnFile::len`]: 32 x 32 x 3 bytes, row-major, red, green and blue side by side.
    pub fn image(&self, index: usize) -> [u8; IMAGE] {
        let stored = &self.pixels[index * IMAGE..][..IMAGE];
        std::array::from_fn(|at| {
            let (row, column, channel) = (at / 3 / SIDE, at / 3 % SIDE, at % 3);
            stored[row + SIDE * column + SIDE * SIDE * channel]
        })
    }
}

fn source(path: &Path) -> Result<BufReader<File>, Mat5Error> {
    match File::open(path) {
        Ok(file) => Ok(BufReader::with_capacity(1 << 16, file)),
        Err(error) => Err(Mat5Error::Unreadable(error.to_string())),
    }
}

/// The digits, whose number is that of the images.
fn labels(file: &mut MatFile<impl Read + Seek>) -> Result<Vec<u8>, Mat5Error> {
    let y = file.variable("y", MOST_IMAGES)?;
    let found = y.describe();
    let wrong = |expected: &str, found: String| Mat5Error::Content {
        name: "y".into(),
        expected: expected.into(),
        found,
    };
    let n = match y.dims() {
        &[n, 1] | &[1, n] => n,
        _ => return Err(wrong("one label an image ([N, 1])", found)),
    };
    let digit = |number: f64| match number {
        10.0 => Some(0),
        digit if (0.0..10.0).contains(&digit) && digit.fract() == 0.0 => Some(digit as u8),
        _ => None,
    };
    let labels: Option<Vec<u8>> = y.numbers().map(digit).collect();
    let labels = labels.ok_or_else(|| wrong("labels from 1 to 10", "other numbers".into()))?;
    // MATLAB drops a last dimension of 1.
    match (file.dims("X")?.as_slice(), n) {
        (&[SIDE, SIDE, 3], 1) => Ok(labels),
        (&[SIDE, SIDE, 3, images], _) if images == n => Ok(labels),
        (dims, _) => Err(wrong_pixels(n, format!("an array {dims:?}"))),
    }
}

fn wrong_pixels(n: usize, found: String) -> Mat5Error {
    Mat5Error::Content {
        name: "X".into(),
        expected: format!("uint8 [32, 32, 3, {n}]"),
        found,
    }
}
