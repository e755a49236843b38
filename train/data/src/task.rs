//! Loading a task: its images, without a label, and apart from them its labels.

use crate::{
    DataError, TaskImages, fashion_mnist,
    folder::{self, Folder},
};
use augur_core::spec::{DataSpec, SplitSpec, TaskSpec};
use std::path::Path;

/// The images of a task: a function of its arguments and the data set, the same bits everywhere.
/// `base` is the folder at which relative paths start.
///
/// # Errors
/// Files that are missing or damaged, classes that aren't there, too few images.
pub fn load_task(data: &DataSpec, split: &SplitSpec, task: &TaskSpec, base: &Path) -> Result<TaskImages, DataError> {
    match data {
        DataSpec::FashionMnist(spec) => fashion_mnist::load_task(spec, split, task, base),
        DataSpec::Folder(spec) => folder::load_task(&Folder::open(spec, base)?, split, task),
    }
}

/// The labels of a task's validation images in their order, true = anomalous; none where the data set has none.
/// For the evaluation alone: nothing that trains, tunes or selects may call it.
///
/// # Errors
/// As [`load_task`].
pub fn load_labels(
    data: &DataSpec,
    split: &SplitSpec,
    task: &TaskSpec,
    base: &Path,
) -> Result<Option<Vec<bool>>, DataError> {
    match data {
        DataSpec::FashionMnist(spec) => fashion_mnist::load_labels(spec, split, task, base).map(Some),
        DataSpec::Folder(_) => Ok(None),
    }
}
