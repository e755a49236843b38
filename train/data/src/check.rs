//! Whether a sweep's images can be had, told before anything runs: from the labels and the files' sizes, in a folder
//! from each image's header.

use crate::{
    DataError,
    data_sets::{self, DataSet},
};
use augur_core::spec::{DataSpec, SplitSpec, SweepSpec, TaskSpec};
use std::path::{Path, PathBuf};

/// A data set that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSetSummary {
    /// Its name in commands, such as `fashion-mnist`.
    pub name: &'static str,
    /// Its folder.
    pub root: PathBuf,
    /// Number of images.
    pub images: usize,
    /// Its classes in the order of their numbers, from 0; of categories and folders each by name; of elpv each kind of
    /// cell with each probability.
    pub classes: Vec<ClassCount>,
    /// What is wrong with categories that aren't counted, such as one half unpacked: no matter to a sweep without them.
    pub unusable: Vec<DataError>,
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
#[derive(Clone, Debug, PartialEq)]
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
    /// The anomalous classes, with `+` between them; none where anomalies are planted in normal images, or unlabelled.
    pub anomalous: Option<String>,
    /// Images to train on.
    pub train: usize,
    /// Normal images kept out of training.
    pub held_out: usize,
    /// Unlabelled images, normal and anomalous together.
    pub validation: usize,
    /// Images that tuning never sees.
    pub test: usize,
}

/// What there is of a data set: the folder, its files and their sizes.
///
/// # Errors
/// Files that are missing or damaged, in any category.
pub fn inspect(data: &DataSpec, base: &Path) -> Result<DataSetSummary, DataError> {
    let mut summary = data_sets::open(data, base)?.summary()?;
    match summary.unusable.is_empty() {
        true => Ok(summary),
        false => Err(summary.unusable.swap_remove(0)),
    }
}

/// Whether the images of every task of a sweep can be had. `base` is the folder at which relative paths start.
///
/// # Errors
/// Files that are missing or damaged, classes that aren't there, too few images.
pub fn check(spec: &SweepSpec, base: &Path) -> Result<DataSummary, DataError> {
    let known = |task| data_sets::check_classes(&spec.data, task);
    spec.tasks.iter().try_for_each(known)?;
    let data_set = data_sets::open(&spec.data, base)?;
    let task = |task| task_summary(&*data_set, &spec.split, task);
    // The split's faults say more than the summary's.
    let tasks = spec.tasks.iter().map(task).collect::<Result<_, _>>()?;
    Ok(DataSummary {
        data_set: data_set.summary()?,
        tasks,
    })
}

/// The anomalies in a word.
fn anomalous((labelled, classes): (bool, &[(String, Vec<u32>)])) -> Option<String> {
    let names: Vec<_> = classes.iter().map(|(name, _)| name.as_str()).collect();
    (labelled && !names.is_empty()).then(|| names.join("+"))
}

/// What a task takes; of each file no more is read than its header.
fn task_summary(data_set: &dyn DataSet, split: &SplitSpec, task: &TaskSpec) -> Result<TaskSummary, DataError> {
    let drawn = data_set.draw(split, task)?;
    let split = &drawn.split;
    let mixed = split.validation.iter().chain(&split.test).map(|(id, _)| id);
    let ids: Vec<_> = split
        .train
        .iter()
        .chain(&split.held_out)
        .chain(mixed)
        .copied()
        .collect();
    drawn.pixels.probe(&ids)?;
    Ok(TaskSummary {
        name: task.name(),
        normal: drawn.normal,
        anomalous: anomalous((drawn.labelled, &drawn.anomalies)),
        train: split.train.len(),
        held_out: split.held_out.len(),
        validation: split.validation.len(),
        test: split.test.len(),
    })
}
