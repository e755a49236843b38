//! A folder of one's own images, without labels: `ROOT/NORMAL/train/**` holds normal images, `ROOT/NORMAL/validation/**`
//! unlabelled ones, normal and anomalous. All are used, each part in the byte order of its files' paths.

mod decode;
mod fault;
mod files;
mod jpeg;
mod task;

pub use fault::ImageFault;
pub(crate) use task::{load_task, task_summary};

use crate::{
    DataError,
    check::{ClassCount, DataSetSummary},
};
use augur_core::spec::FolderSpec;
use std::path::{Path, PathBuf};

/// Key of the data set in specs, and its name.
const NAME: &str = "folder";
/// The sizes to which images can be brought, in pixels.
const SIZES: std::ops::RangeInclusive<u32> = 8..=1024;
/// The parts of a task, each a folder.
const TRAIN: &str = "train";
const VALIDATION: &str = "validation";

/// A folder that was found.
pub(crate) struct Folder<'a> {
    spec: &'a FolderSpec,
    root: PathBuf,
}

impl<'a> Folder<'a> {
    /// Relative paths start at `base`.
    pub fn open(spec: &'a FolderSpec, base: &Path) -> Result<Self, DataError> {
        if !SIZES.contains(&spec.size_px) {
            return Err(DataError::Size {
                key: NAME,
                size: spec.size_px,
                most: *SIZES.end(),
            });
        }
        let root = base.join(&spec.root);
        match root.is_dir() {
            true => Ok(Self { spec, root }),
            false => Err(DataError::NoRoot { root }),
        }
    }

    /// The sub-folders that have a part for training, with the number of files in both parts. No file is opened.
    pub fn summary(&self) -> Result<DataSetSummary, DataError> {
        let mut classes = Vec::new();
        for name in files::folders(&self.root)? {
            let folder = self.root.join(&name);
            let count = |part| match folder.join(part).is_dir() {
                true => files::list(&folder.join(part)).map(|files| files.len()),
                false => Ok(0),
            };
            if folder.join(TRAIN).is_dir() {
                classes.push(ClassCount {
                    images: count(TRAIN)? + count(VALIDATION)?,
                    name,
                });
            }
        }
        Ok(DataSetSummary {
            name: NAME,
            root: self.root.clone(),
            images: classes.iter().map(|class| class.images).sum(),
            classes,
        })
    }
}
