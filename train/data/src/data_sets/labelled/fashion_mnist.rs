//! Fashion-MNIST: 70,000 grey images of 28 x 28 pixels in ten classes, four IDX files (Xiao, Rasul, Vollgraf,
//! arXiv 1708.07747).

use super::{Bytes, Files, Opened, Stored};
use crate::{
    DataError,
    data_sets::{FASHION_MNIST, fashion_mnist_file as file},
    idx::{self, IdxError, ReadError},
    names::Name,
};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

/// Side of the images, in pixels.
const SIDE: usize = 28;
/// The halves: (images, labels), without `.gz`.
const HALVES: [(&str, &str); 2] = [
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
];
/// The classes, each at its number.
pub(crate) const CLASSES: [&str; 10] = [
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle-boot",
];

/// The folder, and how many labels each half has.
struct FashionMnist {
    root: PathBuf,
    counts: [usize; 2],
}

/// Reads the labels.
pub(super) fn open(root: &Path) -> Result<Opened, DataError> {
    let mut labels = [vec![], vec![]];
    for ((_, name), labels) in HALVES.iter().zip(&mut labels) {
        let path = file(root, name)?;
        let bytes = idx::read(&path).map_err(|error| fault(&path, error))?;
        let half = idx::parse(&bytes).map_err(|error| fault(&path, error.into()))?;
        let stranger = half.data.iter().position(|&label| usize::from(label) >= CLASSES.len());
        if let (true, None) = (half.dims.len() == 1, stranger) {
            labels.extend_from_slice(half.data);
        } else {
            let found = stranger.map_or_else(|| dims(&half.dims), |at| format!("{} at place {at}", half.data[at]));
            return Err(damaged(&path, "one list of labels 0 to 9", found));
        }
    }
    let files = FashionMnist {
        root: root.into(),
        counts: [labels[0].len(), labels[1].len()],
    };
    Ok(Opened {
        names: Name::numbered(&CLASSES),
        labels,
        files: Box::new(files),
    })
}

impl FashionMnist {
    fn half(
        &self,
        half: usize,
        visit: &mut dyn FnMut(&Path) -> Result<Vec<usize>, ReadError>,
    ) -> Result<(), DataError> {
        let path = file(&self.root, HALVES[half].0)?;
        let found = visit(&path).map_err(|error| fault(&path, error))?;
        let expected = [self.counts[half], SIDE, SIDE];
        match found == expected {
            true => Ok(()),
            false => Err(damaged(&path, &dims(&expected), dims(&found))),
        }
    }
}

impl Files for FashionMnist {
    fn probe(&self) -> Result<(), DataError> {
        [0, 1].into_iter().try_for_each(|half| self.half(half, &mut idx::probe))
    }

    fn read(&self, halves: [bool; 2]) -> Result<Box<dyn Stored + '_>, DataError> {
        let mut read = [vec![], vec![]];
        for half in [0, 1].into_iter().filter(|&half| halves[half]) {
            self.half(half, &mut |path| {
                read[half] = idx::read(path)?;
                Ok(idx::parse(&read[half])?.dims)
            })?;
        }
        Ok(Box::new(Images(read)))
    }

    fn cached(&self, _: [bool; 2]) -> Option<Vec<&Path>> {
        None
    }
}

/// The bytes of both files of images.
struct Images([Vec<u8>; 2]);

impl Stored for Images {
    fn image(&self, half: usize, at: usize) -> Bytes<'_> {
        const HEADER: usize = 16;
        Bytes {
            bytes: Cow::Borrowed(&self.0[half][HEADER + at * SIDE * SIDE..][..SIDE * SIDE]),
            channels: 1,
            width: SIDE,
            height: SIDE,
        }
    }
}

fn dims(dims: &[usize]) -> String {
    dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

fn damaged(path: &Path, expected: &str, found: String) -> DataError {
    let fault = IdxError::Content {
        expected: expected.into(),
        found,
    };
    self::fault(path, fault.into())
}

fn fault(path: &Path, error: ReadError) -> DataError {
    match error {
        ReadError::Io(fault) => DataError::Unreadable {
            path: path.into(),
            fault: fault.to_string(),
        },
        ReadError::Idx(fault) => DataError::Damaged {
            path: path.into(),
            fault: fault.to_string(),
            data_set: FASHION_MNIST,
        },
    }
}
