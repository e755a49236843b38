//! Fashion-MNIST: 70,000 grey images of 28 x 28 pixels in ten classes, four IDX files (Xiao, Rasul, Vollgraf,
//! arXiv 1708.07747). Both halves are pooled: an image's identifier is its place in `train`, or 60,000 more in `t10k`.

mod classes;
mod folder;
mod task;

pub(crate) use folder::{file, home, locate};
pub(crate) use task::{classes, load_labels, load_task, open, task_summary};

use classes::{CLASSES, class, nearest_class};

use crate::{
    DataError,
    check::{ClassCount, DataSetSummary},
    idx::{self, IdxError, ReadError},
};
use std::path::{Path, PathBuf};

/// Name of the data set in commands.
pub(crate) const NAME: &str = "fashion-mnist";
/// Key of the data set in specs.
pub(crate) const KEY: &str = "fashion_mnist";
/// Side of the images, in pixels.
pub(crate) const SIDE: usize = 28;
/// The halves: (images, labels), without `.gz`.
const HALVES: [(&str, &str); 2] = [
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
];
/// The labels of both halves, and where the images are.
pub(crate) struct FashionMnist {
    /// The folder.
    pub root: PathBuf,
    labels: Vec<u8>,
    /// Number of images of the first half.
    first: usize,
}

impl FashionMnist {
    /// Reads the labels.
    pub fn open(root: PathBuf) -> Result<Self, DataError> {
        let (mut labels, mut first) = (Vec::new(), 0);
        for (_, name) in HALVES {
            let path = file(&root, name)?;
            let bytes = idx::read(&path).map_err(|error| fault(&path, error))?;
            let half = idx::parse(&bytes).map_err(|error| fault(&path, error.into()))?;
            let stranger = half.data.iter().position(|&label| usize::from(label) >= CLASSES.len());
            if let (true, None) = (half.dims.len() == 1, stranger) {
                first = labels.len();
                labels.extend_from_slice(half.data);
            } else {
                let found = stranger.map_or_else(|| dims(&half.dims), |at| format!("{} at place {at}", half.data[at]));
                return Err(damaged(&path, "one list of labels 0 to 9", found));
            }
        }
        Ok(Self { root, labels, first })
    }

    /// The images of a class.
    pub fn members(&self, class: u8) -> Vec<u32> {
        (0..)
            .zip(&self.labels)
            .filter(|(_, label)| **label == class)
            .map(|(image, _)| image)
            .collect()
    }

    /// Number of images.
    fn len(&self) -> usize {
        self.labels.len()
    }

    /// What is there, without reading more than is needed.
    pub fn summary(&self) -> Result<DataSetSummary, DataError> {
        self.probe()?;
        let classes = (0..).zip(CLASSES).map(|(number, name)| ClassCount {
            name: name.into(),
            images: self.members(number).len(),
        });
        Ok(DataSetSummary {
            name: NAME,
            root: self.root.clone(),
            images: self.len(),
            classes: classes.collect(),
        })
    }

    /// Checks that both files of images are there with the right size, without reading more than is needed.
    fn probe(&self) -> Result<(), DataError> {
        self.each_half(idx::probe)
    }

    /// Reads the images.
    pub fn pixels(&self) -> Result<Pixels, DataError> {
        let mut halves = Vec::new();
        self.each_half(|path| {
            let bytes = idx::read(path)?;
            let dims = idx::parse(&bytes)?.dims;
            halves.push(bytes);
            Ok(dims)
        })?;
        Ok(Pixels {
            halves,
            first: self.first,
        })
    }

    fn each_half(&self, mut visit: impl FnMut(&Path) -> Result<Vec<usize>, ReadError>) -> Result<(), DataError> {
        let counts = [self.first, self.len() - self.first];
        for ((name, _), count) in HALVES.into_iter().zip(counts) {
            let path = file(&self.root, name)?;
            let found = visit(&path).map_err(|error| fault(&path, error))?;
            let expected = [count, SIDE, SIDE];
            if found != expected {
                return Err(damaged(&path, &dims(&expected), dims(&found)));
            }
        }
        Ok(())
    }
}

/// The images of both halves.
pub(crate) struct Pixels {
    /// The files' bytes.
    halves: Vec<Vec<u8>>,
    first: usize,
}

impl Pixels {
    /// The bytes of an image, row-major, 255 = white.
    pub fn image(&self, id: u32) -> &[u8] {
        const HEADER: usize = 16;
        let id = id as usize;
        let (half, at) = if id < self.first { (0, id) } else { (1, id - self.first) };
        &self.halves[half][HEADER + at * SIDE * SIDE..][..SIDE * SIDE]
    }
}

fn dims(dims: &[usize]) -> String {
    dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

fn damaged(path: &Path, expected: &str, found: String) -> DataError {
    DataError::Damaged {
        path: path.into(),
        fault: IdxError::Content {
            expected: expected.into(),
            found,
        },
    }
}

fn fault(path: &Path, error: ReadError) -> DataError {
    match error {
        ReadError::Io(fault) => DataError::Unreadable {
            path: path.into(),
            fault: fault.to_string(),
        },
        ReadError::Idx(fault) => DataError::Damaged {
            path: path.into(),
            fault,
        },
    }
}
