//! A task of a folder: which files train, which are held out, which are judged.

use super::{Folder, NAME, TRAIN, VALIDATION, decode, files};
use crate::{DataError, Images, TaskImages, check::TaskSummary};
use augur_core::{
    draws::{Purpose, shared_stream},
    spec::{AnomalySpec, SplitSpec, TaskSpec},
};
use rand::seq::SliceRandom;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

/// The fewest images of each group.
const LEAST: usize = 2;
/// A name at least this near to a missing one is suggested.
const NEAR: f64 = 0.7;

/// The files of a task, each in one group, each group in the byte order of the paths.
struct TaskFiles {
    train: Vec<PathBuf>,
    held_out: Vec<PathBuf>,
    validation: Vec<PathBuf>,
}

/// As [`crate::load_task`]: a function of the files and the split's seed.
pub(crate) fn load_task(folder: &Folder<'_>, split: &SplitSpec, task: &TaskSpec) -> Result<TaskImages, DataError> {
    let files = task_files(folder, split, task)?;
    Ok(TaskImages {
        train: images(folder, &files.train)?,
        held_out: images(folder, &files.held_out)?,
        validation: images(folder, &files.validation)?,
    })
}

/// What a task takes; of each file the header is read.
pub(crate) fn task_summary(folder: &Folder<'_>, split: &SplitSpec, task: &TaskSpec) -> Result<TaskSummary, DataError> {
    let files = task_files(folder, split, task)?;
    for path in files.train.iter().chain(&files.held_out).chain(&files.validation) {
        decode::probe(path).map_err(|fault| DataError::Image {
            path: path.clone(),
            fault,
        })?;
    }
    Ok(TaskSummary {
        name: task.name(),
        normal: task.normal.to_string(),
        anomalous: None,
        train: files.train.len(),
        held_out: files.held_out.len(),
        validation: files.validation.len(),
    })
}

fn images(folder: &Folder<'_>, files: &[PathBuf]) -> Result<Images, DataError> {
    let side = folder.spec.size_px as usize;
    let mut images = Images {
        data: Vec::new(),
        count: files.len(),
        channels: if folder.spec.colour { 3 } else { 1 },
        height: side,
        width: side,
    };
    for path in files {
        decode::append(path, side, folder.spec.colour, &mut images.data).map_err(|fault| DataError::Image {
            path: path.clone(),
            fault,
        })?;
    }
    Ok(images)
}

fn task_files(folder: &Folder<'_>, split: &SplitSpec, task: &TaskSpec) -> Result<TaskFiles, DataError> {
    if task.anomaly != AnomalySpec::Unlabelled {
        return Err(DataError::Anomaly {
            task: task.name(),
            data_set: NAME,
            kinds: "`unlabelled`",
        });
    }
    let normal = part(folder, task, TRAIN)?;
    let held_out = held_out(split, normal.len());
    enough(
        folder,
        task,
        TRAIN,
        normal.len(),
        &[(LEAST, "to train on"), (held_out.max(LEAST), "to hold out")],
    )?;
    let validation = part(folder, task, VALIDATION)?;
    enough(folder, task, VALIDATION, validation.len(), &[(LEAST, "to judge")])?;

    let mut drawn: Vec<usize> = (0..normal.len()).collect();
    let key = format!("{NAME}/{}/normal", task.normal);
    drawn.shuffle(&mut shared_stream(split.seed, &key, Purpose::Split, 0));
    let drawn: HashSet<_> = drawn.into_iter().take(held_out).collect();
    let (held_out, train): (Vec<_>, Vec<_>) = (0..).zip(normal).partition(|(at, _)| drawn.contains(at));
    let paths = |files: Vec<(usize, PathBuf)>| files.into_iter().map(|(_, path)| path).collect();
    Ok(TaskFiles {
        train: paths(train),
        held_out: paths(held_out),
        validation,
    })
}

/// How many of `n` images are held out: what the split says, else a tenth, at least 50 but at most half of them.
fn held_out(split: &SplitSpec, n: usize) -> usize {
    split
        .held_out
        .map_or_else(|| n.div_ceil(10).max(50).min(n / 2), |held_out| held_out as usize)
}

/// The files of one part of a task.
fn part(folder: &Folder<'_>, task: &TaskSpec, part: &str) -> Result<Vec<PathBuf>, DataError> {
    let path = place(folder, task, part);
    if task.normal.is_folder_name() && path.is_dir() {
        return files::list(&path);
    }
    let unknown = !folder.root.join(&task.normal.0).is_dir();
    Err(DataError::NoSubFolder {
        task: task.name(),
        suggestion: if unknown {
            nearest(&folder.root, &task.normal.0)?
        } else {
            None
        },
        content: match part {
            TRAIN => "normal images",
            _ => "the images to be judged, without labels,",
        },
        folder: path,
    })
}

fn place(folder: &Folder<'_>, task: &TaskSpec, part: &str) -> PathBuf {
    folder.root.join(&task.normal.0).join(part)
}

/// The sub-folder whose name is nearest to a mistyped one, if any is near.
fn nearest(root: &Path, name: &str) -> Result<Option<String>, DataError> {
    let likeness = |other: &String| strsim::jaro_winkler(name, other);
    let nearest = files::folders(root)?
        .into_iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    Ok(nearest.filter(|name| likeness(name) > NEAR))
}

fn enough(
    folder: &Folder<'_>,
    task: &TaskSpec,
    part: &str,
    has: usize,
    uses: &[(usize, &str)],
) -> Result<(), DataError> {
    let needed = uses.iter().map(|(n, _)| n).sum();
    if has >= needed {
        return Ok(());
    }
    let uses: Vec<_> = uses.iter().map(|(n, what)| format!("{n} {what}")).collect();
    Err(DataError::TooFewFiles {
        task: task.name(),
        folder: place(folder, task, part),
        has,
        needed,
        uses: uses.join(", "),
    })
}
