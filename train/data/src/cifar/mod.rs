//! CIFAR-10 and CIFAR-100 in their binary versions (Krizhevsky 2009): records of one or two labels and 3072 bytes.

mod names;

use std::{fs::File, io::Read, path::Path};
use thiserror::Error;

/// Bytes of an image: planes of red, green and blue, each 32 x 32 and row-major.
const IMAGE: usize = 3072;
/// Several times the largest file, 50,000 records of CIFAR-100.
const MOST_BYTES: u64 = 1 << 30;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cifar {
    /// Ten classes.
    Ten,
    /// A hundred fine classes in twenty coarse ones.
    Hundred,
}

/// Why a file isn't of CIFAR. Its text goes on after the file's path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CifarError {
    /// The system doesn't give it.
    #[error("can't be read: {0}; mend its permissions or get the file anew")]
    Unreadable(String),
    /// It isn't a whole number of records.
    #[error("is damaged: expected records of {record} bytes, found {found} bytes; get the binary version anew")]
    Size {
        /// Bytes of a record.
        record: usize,
        /// Bytes of the file, or as many as were read.
        found: u64,
    },
    /// A record has a label that isn't one.
    #[error(
        "is damaged: record {record} (from 0) has label {label}, and labels are below {classes}; get the binary version anew"
    )]
    Label {
        /// The record's place in the file, from 0.
        record: usize,
        /// Its label.
        label: u8,
        /// Number of classes.
        classes: u8,
    },
    /// The list of names isn't one.
    #[error("has {found} names of classes, and {expected} belong there; get the file anew or delete it")]
    Names {
        /// Number of classes.
        expected: usize,
        /// Names in the file.
        found: usize,
    },
}

impl Cifar {
    /// The files of images that belong to the data set, those for training first.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Self::Ten => &[
                "data_batch_1.bin",
                "data_batch_2.bin",
                "data_batch_3.bin",
                "data_batch_4.bin",
                "data_batch_5.bin",
                "test_batch.bin",
            ],
            Self::Hundred => &["train.bin", "test.bin"],
        }
    }

    /// The published names of the classes, by label.
    pub fn standard_names(self) -> &'static [&'static str] {
        match self {
            Self::Ten => &names::TEN,
            Self::Hundred => &names::HUNDRED,
        }
    }

    /// The names of the classes by label: those of the data set's own list in `folder`, without that file the
    /// published ones.
    ///
    /// # Errors
    /// A list that can't be read or has another number of names; with the list's file name.
    pub fn names(self, folder: &Path) -> Result<Vec<String>, (&'static str, CifarError)> {
        let file = match self {
            Self::Ten => "batches.meta.txt",
            Self::Hundred => "fine_label_names.txt",
        };
        match std::fs::read(folder.join(file)) {
            Ok(text) => self.parse_names(&text).map_err(|fault| (file, fault)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(self.standard_names().iter().map(ToString::to_string).collect())
            }
            Err(error) => Err((file, CifarError::Unreadable(error.to_string()))),
        }
    }

    /// The names in a list of one a line; empty lines don't count.
    ///
    /// # Errors
    /// Another number of names than classes.
    pub fn parse_names(self, text: &[u8]) -> Result<Vec<String>, CifarError> {
        names_of(text, self.standard_names().len())
    }

    /// The names of the coarse classes by label, as [`Cifar::names`]; of CIFAR-10, which has one label an image, its
    /// classes.
    ///
    /// # Errors
    /// As [`Cifar::names`].
    pub fn coarse_names(self, folder: &Path) -> Result<Vec<String>, (&'static str, CifarError)> {
        let file = "coarse_label_names.txt";
        match (self, std::fs::read(folder.join(file))) {
            (Self::Ten, _) => self.names(folder),
            (Self::Hundred, Ok(text)) => names_of(&text, names::COARSE.len()).map_err(|fault| (file, fault)),
            (Self::Hundred, Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(names::COARSE.iter().map(ToString::to_string).collect())
            }
            (Self::Hundred, Err(error)) => Err((file, CifarError::Unreadable(error.to_string()))),
        }
    }

    /// Number of labels before each image.
    fn labels(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }

    fn record(self) -> usize {
        self.labels() + IMAGE
    }
}

fn names_of(text: &[u8], expected: usize) -> Result<Vec<String>, CifarError> {
    let text = String::from_utf8_lossy(text);
    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(Into::into).collect();
    match names.len() {
        found if found == expected => Ok(names),
        found => Err(CifarError::Names { expected, found }),
    }
}

/// One file of images and labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CifarFile {
    kind: Cifar,
    bytes: Vec<u8>,
}

impl CifarFile {
    /// Side of the images, in pixels.
    pub const SIDE: usize = 32;

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A file that can't be read, isn't a whole number of records, or has labels that aren't any.
    pub fn open(path: &Path, kind: Cifar) -> Result<Self, CifarError> {
        let unreadable = |error: std::io::Error| CifarError::Unreadable(error.to_string());
        let file = File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::from_bytes(bytes, kind)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// As [`CifarFile::open`].
    pub fn from_bytes(bytes: Vec<u8>, kind: Cifar) -> Result<Self, CifarError> {
        let record = kind.record();
        if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
            return Err(CifarError::Size {
                record,
                found: bytes.len() as u64,
            });
        }
        let file = Self { kind, bytes };
        let classes = kind.standard_names().len() as u8;
        file.check(classes, Self::label)?;
        if kind == Cifar::Hundred {
            file.check(names::COARSE.len() as u8, Self::coarse_label)?;
        }
        Ok(file)
    }

    fn check(&self, classes: u8, label: impl Fn(&Self, usize) -> u8) -> Result<(), CifarError> {
        match (0..self.len()).find(|&record| label(self, record) >= classes) {
            None => Ok(()),
            Some(record) => Err(CifarError::Label {
                record,
                label: label(self, record),
                classes,
            }),
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.kind.record()
    }

    /// Never: a file holds at least one image.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The labels in order: for CIFAR-100 the fine ones.
    pub fn labels(&self) -> impl Iterator<Item = u8> {
        (0..self.len()).map(|index| self.label(index))
    }

    /// The label of image `index`, below [`CifarFile::len`]: for CIFAR-100 the fine one.
    pub fn label(&self, index: usize) -> u8 {
        self.record(index)[self.kind.labels() - 1]
    }

    /// The first label of image `index`, below [`CifarFile::len`]: for CIFAR-100 the coarse one.
    pub fn coarse_label(&self, index: usize) -> u8 {
        self.record(index)[0]
    }

    /// Image `index`, below [`CifarFile::len`]: planes of red, green and blue, each 32 x 32 and row-major.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.record(index)[self.kind.labels()..]
    }

    fn record(&self, index: usize) -> &[u8] {
        let record = self.kind.record();
        &self.bytes[index * record..][..record]
    }
}
