//! A half of a data set of the MNIST family, for training or for tests: one IDX file of images and one of labels.

use super::{IdxError, ReadError, parse, read};
use std::{
    fs,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Files of `train`.
    Train,
    /// Files of `t10k`; in some sets, `test`.
    Test,
}

impl Half {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["train"],
            Self::Test => &["t10k", "test"],
        }
    }
}

/// Why a half can't be had. Its text goes on after the path that comes with it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HalfError {
    /// The folder has no such file.
    #[error("holds no file whose name ends in `{0}` (or that with .gz); get the data set anew")]
    Missing(String),
    /// The folder has several.
    #[error("holds several files that could be it: {0}; keep one of them")]
    Several(String),
    /// The system doesn't give it.
    #[error("can't be read: {0}; mend its permissions or get the data set anew")]
    Unreadable(String),
    /// A file isn't what it should be.
    #[error("is damaged: {0}; get the data set anew")]
    Damaged(IdxError),
}

/// The images and labels of a half, whatever their number, size and classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImages {
    /// Pixels from top to bottom.
    pub height: usize,
    /// Pixels from left to right.
    pub width: usize,
    /// The whole file of images.
    file: Vec<u8>,
    labels: Vec<u8>,
}

impl LabelledImages {
    /// Reads both files of a half in `folder`, plain or gz, of names such as `train-images-idx3-ubyte.gz`,
    /// `t10k-labels.idx1-ubyte` or `emnist-letters-test-images-idx3-ubyte`.
    ///
    /// # Errors
    /// A file that isn't there, can't be read or is damaged, and other numbers of images than of labels; with the path.
    pub fn open(folder: &Path, half: Half) -> Result<Self, (PathBuf, HalfError)> {
        let (path, file) = bytes(folder, half, "images-idx3-ubyte")?;
        let (height, width, count) = match parse(&file).map(|images| images.dims).as_deref() {
            Ok(&[count, height, width]) => (height, width, count),
            Ok(dims) => return Err(content(path, "images [count, height, width]", dims)),
            Err(fault) => return Err((path, HalfError::Damaged(fault.clone()))),
        };
        let (path, labels) = self::bytes(folder, half, "labels-idx1-ubyte")?;
        let labels = match parse(&labels) {
            Ok(labels) if labels.dims == [count] => labels.data.to_vec(),
            Ok(labels) => return Err(content(path, &format!("[{count}] labels, one an image"), &labels.dims)),
            Err(fault) => return Err((path, HalfError::Damaged(fault))),
        };
        Ok(Self {
            height,
            width,
            file,
            labels,
        })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels in order.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The bytes of image `index`, below `len`: row-major, as stored.
    pub fn image(&self, index: usize) -> &[u8] {
        /// The header of three dimensions.
        const HEADER: usize = 16;
        let stride = self.height * self.width;
        &self.file[HEADER + index * stride..][..stride]
    }
}

fn content(path: PathBuf, expected: &str, found: &[usize]) -> (PathBuf, HalfError) {
    let fault = IdxError::Content {
        expected: expected.into(),
        found: format!("{found:?}"),
    };
    (path, HalfError::Damaged(fault))
}

fn bytes(folder: &Path, half: Half, kind: &str) -> Result<(PathBuf, Vec<u8>), (PathBuf, HalfError)> {
    let path = find(folder, half, kind)?;
    match read(&path) {
        Ok(bytes) => Ok((path, bytes)),
        Err(ReadError::Io(fault)) => Err((path, HalfError::Unreadable(fault.to_string()))),
        Err(ReadError::Idx(fault)) => Err((path, HalfError::Damaged(fault))),
    }
}

/// The one file of a kind; where it is there both plain and as gz, the latter.
fn find(folder: &Path, half: Half, kind: &str) -> Result<PathBuf, (PathBuf, HalfError)> {
    let unreadable = |error: std::io::Error| (folder.to_path_buf(), HalfError::Unreadable(error.to_string()));
    let endings: Vec<_> = half.names().iter().map(|half| format!("{half}-{kind}")).collect();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned();
        // Some copies of the sets have a dot for the last but one dash.
        let plain = name.strip_suffix(".gz").unwrap_or(&name).replace(".idx", "-idx");
        if endings.iter().any(|ending| plain.ends_with(ending)) {
            found.push((plain, name));
        }
    }
    found.sort();
    found.reverse();
    found.dedup_by(|shorter, longer| shorter.0 == longer.0);
    match found.as_slice() {
        [(_, name)] => Ok(folder.join(name)),
        [] => Err((folder.into(), HalfError::Missing(endings.join("` or `")))),
        several => {
            let names: Vec<_> = several.iter().rev().map(|(_, name)| name.as_str()).collect();
            Err((folder.into(), HalfError::Several(names.join(", "))))
        }
    }
}
