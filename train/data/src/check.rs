//! Whether a sweep's images can be had, told before anything runs, from the labels and the files' sizes alone.

use crate::{
    DataError,
    fashion_mnist::{self, FashionMnist},
    task,
};
use augur_core::spec::{DataSpec, SweepSpec};
use std::path::{Path, PathBuf};

/// A data set that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSetSummary {
    /// Its name in commands, such as `fashion-mnist`.
    pub name: &'static str,
    /// Its folder.
    pub root: PathBuf,
    /// Number of images.
    pub images: usize,
    /// Its classes in the order of their numbers, from 0.
    pub classes: Vec<ClassCount>,
}

/// A class and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCount {
    /// The class's name.
    pub name: &'static str,
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
    pub normal: &'static str,
    /// The anomalous class; none where anomalies are planted in images of the normal one.
    pub anomalous: Option<&'static str>,
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
    let DataSpec::FashionMnist(spec) = data;
    summary(&task::open(spec, base)?)
}

fn summary(source: &FashionMnist) -> Result<DataSetSummary, DataError> {
    source.probe()?;
    let classes = (0..).zip(fashion_mnist::CLASSES);
    Ok(DataSetSummary {
        name: fashion_mnist::NAME,
        images: source.len(),
        classes: classes
            .map(|(number, name)| ClassCount {
                name,
                images: source.members(number).len(),
            })
            .collect(),
        root: source.root.clone(),
    })
}

/// Whether the images of every task of a sweep can be had. `base` is the folder at which relative paths start.
///
/// # Errors
/// Files that are missing or damaged, classes that aren't there, too few images.
pub fn check(spec: &SweepSpec, base: &Path) -> Result<DataSummary, DataError> {
    let DataSpec::FashionMnist(data) = &spec.data;
    let source = task::open(data, base)?;
    let data_set = summary(&source)?;
    let tasks = spec.tasks.iter().map(|task| {
        let drawn = task::draw(&source, &spec.split, task)?;
        let (normal, anomalous) = task::classes(task)?;
        let name = |class: u8| fashion_mnist::CLASSES[usize::from(class)];
        Ok(TaskSummary {
            name: task.name(),
            normal: name(normal),
            anomalous: anomalous.map(name),
            train: drawn.train.len(),
            held_out: drawn.held_out.len(),
            validation: drawn.validation.len(),
        })
    });
    Ok(DataSummary {
        tasks: tasks.collect::<Result<_, DataError>>()?,
        data_set,
    })
}
