//! Whether a sweep's images can be had, told before anything runs: from the labels and the files' sizes, in a folder
//! from each image's header.

use crate::{
    DataError, fashion_mnist,
    folder::{self, Folder},
};
use augur_core::spec::{DataSpec, SweepSpec};
use std::path::{Path, PathBuf};

/// A data set that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSetSummary {
    /// Its name in commands, such as `fashion-mnist`, or `folder`.
    pub name: &'static str,
    /// Its folder.
    pub root: PathBuf,
    /// Number of images.
    pub images: usize,
    /// Its classes in the order of their numbers, from 0; in a folder the sub-folders with images, by name.
    pub classes: Vec<ClassCount>,
}

/// A class and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCount {
    /// The class's name.
    pub name: String,
    /// Number of its images.
    pub images: usize,
}

/// The data of a sweep, found sufficient for each of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSummary {
    /// The data set.
    pub data_set: DataSetSummary,
    /// The tasks in the spec's order.
    pub tasks: Vec<TaskSummary>,
}

/// What a task takes from the data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSummary {
    /// The task's name.
    pub name: String,
    /// The normal class.
    pub normal: String,
    /// The anomalous class; none where anomalies are planted in images of the normal one, or unlabelled.
    pub anomalous: Option<String>,
    /// Images to train on.
    pub train: usize,
    /// Normal images kept out of training.
    pub held_out: usize,
    /// Unlabelled images, normal and anomalous together.
    pub validation: usize,
}

/// What there is of a data set: the folder, its files and their sizes.
///
/// # Errors
/// Files that are missing or damaged.
pub fn inspect(data: &DataSpec, base: &Path) -> Result<DataSetSummary, DataError> {
    match data {
        DataSpec::FashionMnist(spec) => fashion_mnist::open(spec, base)?.summary(),
        DataSpec::Folder(spec) => Folder::open(spec, base)?.summary(),
    }
}

/// Whether the images of every task of a sweep can be had. `base` is the folder at which relative paths start.
///
/// # Errors
/// Files that are missing or damaged, classes that aren't there, too few images.
pub fn check(spec: &SweepSpec, base: &Path) -> Result<DataSummary, DataError> {
    let (data_set, tasks) = match &spec.data {
        DataSpec::FashionMnist(data) => {
            // Its classes are known without the images.
            spec.tasks
                .iter()
                .try_for_each(|task| fashion_mnist::classes(task).map(drop))?;
            let source = fashion_mnist::open(data, base)?;
            let task = |task| fashion_mnist::task_summary(&source, &spec.split, task);
            (source.summary()?, spec.tasks.iter().map(task).collect())
        }
        DataSpec::Folder(data) => {
            let source = Folder::open(data, base)?;
            let task = |task| folder::task_summary(&source, &spec.split, task);
            (source.summary()?, spec.tasks.iter().map(task).collect())
        }
    };
    let tasks: Result<_, DataError> = tasks;
    Ok(DataSummary {
        data_set,
        tasks: tasks?,
    })
}
