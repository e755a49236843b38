//! Loading a task: its images, without a label, and apart from them its labels.

use crate::{DataError, Images, Labels, TaskImages, cache::Cache, catalogue, data_sets, plant::plant};
use augur_core::spec::{AnomalySpec, DataSpec, SplitSpec, TaskSpec};
use std::path::Path;

/// The images of a task: a function of its arguments and the data set, the same bits everywhere.
/// `base` is the folder at which relative paths start. Decoded images are kept in the machine's cache.
///
/// # Errors
/// Files that are missing or damaged, classes that aren't there, too few images.
pub fn load_task(data: &DataSpec, split: &SplitSpec, task: &TaskSpec, base: &Path) -> Result<TaskImages, DataError> {
    load_task_with(&Cache::from_env(), data, split, task, base)
}

/// As [`load_task`], with another cache than the machine's.
///
/// # Errors
/// As [`load_task`].
pub fn load_task_with(
    cache: &Cache,
    data: &DataSpec,
    split: &SplitSpec,
    task: &TaskSpec,
    base: &Path,
) -> Result<TaskImages, DataError> {
    let data_set = data_sets::open(data, base)?;
    let drawn = data_set.draw(split, task)?;
    let (size, colour) = (data.size_px() as usize, data.colour());
    let images = |ids: &[u32]| catalogue::images(cache, &*drawn.pixels, ids, size, colour);
    let mixed = |ids: &[(u32, bool)]| -> Result<Images, DataError> {
        let (ids, planted): (Vec<_>, Vec<_>) = ids.iter().copied().unzip();
        let mut images = images(&ids)?;
        if let AnomalySpec::Planted(change) = &task.anomaly {
            plant(&mut images, &ids, &planted, change, split.seed);
        }
        Ok(images)
    };
    Ok(TaskImages {
        train: images(&drawn.split.train)?,
        held_out: images(&drawn.split.held_out)?,
        validation: mixed(&drawn.split.validation)?,
        test: mixed(&drawn.split.test)?,
    })
}

/// The labels of a task; none where the data set has none. For the evaluation alone: nothing that trains, tunes or
/// selects may call it.
///
/// # Errors
/// As [`load_task`].
pub fn load_labels(
    data: &DataSpec,
    split: &SplitSpec,
    task: &TaskSpec,
    base: &Path,
) -> Result<Option<Labels>, DataError> {
    let data_set = data_sets::open(data, base)?;
    let drawn = data_set.draw(split, task)?;
    let labels = |ids: &[(u32, bool)]| ids.iter().map(|(_, anomalous)| *anomalous).collect();
    let labels = Labels {
        validation: if drawn.labelled {
            labels(&drawn.split.validation)
        } else {
            vec![]
        },
        test: labels(&drawn.split.test),
    };
    Ok((labels != Labels::default()).then_some(labels))
}
