//! A folder of one's own images: `ROOT/NORMAL/train/**` holds normal images, `ROOT/NORMAL/validation/**` (or `val`)
//! unlabelled ones, normal and anomalous. `ROOT/NORMAL/test`, where it is there, holds labelled ones: normal in `good`
//! (or `normal`), anomalous in any other folder. All are used, each part in the byte order of its files' paths.

use super::DataSet;
use crate::{
    DataError,
    catalogue::Drawn,
    check::{ClassCount, DataSetSummary},
    names::nearest,
    photo::{self, Photos},
    split::Split,
};
use augur_core::{
    draws::{Purpose, shared_stream},
    spec::{AnomalySpec, FolderSpec, SplitSpec, TaskSpec},
};
use rand::seq::SliceRandom;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

/// Key of the data set in specs, and its name.
const NAME: &str = "folder";
/// The parts of a task, each a folder, with the names that it may have.
const TRAIN: &[&str] = &["train"];
const VALIDATION: &[&str] = &["validation", "val"];
const TEST: &str = "test";
/// The folders of normal images in the part for tests.
const GOOD: [&str; 2] = ["good", "normal"];
/// The fewest images of each group.
const LEAST: usize = 2;

/// A folder that was found.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Relative paths start at `base`.
    pub fn open(spec: &FolderSpec, base: &Path) -> Result<Self, DataError> {
        let root = base.join(&spec.root);
        match root.is_dir() {
            true => Ok(Self { root }),
            false => Err(DataError::NoRoot { root }),
        }
    }

    /// The folder of one part of a task, whether it is there or not.
    fn place(&self, task: &str, part: &[&str]) -> PathBuf {
        let folder = self.root.join(task);
        let found = part.iter().map(|name| folder.join(name)).find(|place| place.is_dir());
        found.unwrap_or_else(|| folder.join(part[0]))
    }

    /// The files of one part of a task.
    fn part(&self, task: &TaskSpec, part: &[&str]) -> Result<Vec<PathBuf>, DataError> {
        let path = self.place(&task.normal.0, part);
        if task.normal.is_folder_name() && path.is_dir() {
            return photo::list(&path);
        }
        let unknown = !self.root.join(&task.normal.0).is_dir();
        let suggestion = match unknown {
            true => nearest(photo::folders(&self.root)?.iter().map(String::as_str), &task.normal.0),
            false => None,
        };
        Err(DataError::NoSubFolder {
            task: task.name(),
            suggestion,
            content: match part {
                TRAIN => "normal images",
                _ => "the images to be judged, without labels,",
            },
            folder: path,
        })
    }

    /// The labelled files of a task by their folders; none where there is no such part.
    fn test(&self, task: &str) -> Result<Vec<(String, Vec<PathBuf>)>, DataError> {
        let folder = self.place(task, &[TEST]);
        if !folder.is_dir() {
            return Ok(vec![]);
        }
        let mut classes = Vec::new();
        for class in photo::folders(&folder)? {
            let files = photo::list(&folder.join(&class))?;
            classes.push((class, files));
        }
        let any = |good| {
            let of = |(class, files): &(String, Vec<PathBuf>)| is_good(class) == good && !files.is_empty();
            classes.iter().any(of)
        };
        match any(true) && any(false) {
            true => Ok(classes),
            false => Err(DataError::OneSided { folder }),
        }
    }
}

fn is_good(class: &str) -> bool {
    GOOD.contains(&class)
}

impl DataSet for Folder {
    /// The sub-folders that have a part for training, with the number of files in all parts. No file is opened.
    fn summary(&self) -> Result<DataSetSummary, DataError> {
        let mut classes = Vec::new();
        for name in photo::folders(&self.root)? {
            let count = |part: &[&str]| match self.place(&name, part) {
                folder if folder.is_dir() => photo::list(&folder).map(|files| files.len()),
                _ => Ok(0),
            };
            if self.place(&name, TRAIN).is_dir() {
                classes.push(ClassCount {
                    images: count(TRAIN)? + count(VALIDATION)? + count(&[TEST])?,
                    name,
                });
            }
        }
        Ok(DataSetSummary {
            name: NAME,
            root: self.root.clone(),
            images: classes.iter().map(|class| class.images).sum(),
            classes,
            unusable: vec![],
        })
    }

    /// A function of the files and the split's seed.
    fn draw(&self, split: &SplitSpec, task: &TaskSpec) -> Result<Drawn<'_>, DataError> {
        if task.anomaly != AnomalySpec::Unlabelled {
            return Err(DataError::Anomaly {
                task: task.name(),
                data_set: NAME,
                kinds: "`unlabelled`",
            });
        }
        let normal = self.part(task, TRAIN)?;
        let held_out = split.held_out_of(normal.len());
        let needs = [(LEAST, "to train on"), (held_out.max(LEAST), "to hold out")];
        self.enough(task, TRAIN, normal.len(), &needs)?;
        let validation = self.part(task, VALIDATION)?;
        self.enough(task, VALIDATION, validation.len(), &[(LEAST, "to judge")])?;
        let test = self.test(&task.normal.0)?;

        let mut photos = Photos::default();
        let normal = photos.add(normal);
        let mut drawn = normal.clone();
        let key = format!("{NAME}/{}/normal", task.normal);
        drawn.shuffle(&mut shared_stream(split.seed, &key, Purpose::Split, 0));
        let drawn: HashSet<_> = drawn.into_iter().take(held_out).collect();
        let (held_out, train) = normal.into_iter().partition(|id| drawn.contains(id));
        let unlabelled = photos.add(validation).into_iter().map(|id| (id, false));
        let (mut labelled, mut anomalies) = (Vec::new(), Vec::new());
        for (class, files) in test {
            let ids = photos.add(files);
            labelled.extend(ids.iter().map(|&id| (id, !is_good(&class))));
            if !is_good(&class) {
                anomalies.push((class, ids));
            }
        }
        Ok(Drawn {
            normal: task.normal.to_string(),
            anomalies,
            split: Split {
                train,
                held_out,
                validation: unlabelled.collect(),
                test: labelled,
            },
            labelled: false,
            pixels: Box::new(photos),
        })
    }
}

impl Folder {
    fn enough(&self, task: &TaskSpec, part: &[&str], has: usize, uses: &[(usize, &str)]) -> Result<(), DataError> {
        let needed = uses.iter().map(|(n, _)| n).sum();
        if has >= needed {
            return Ok(());
        }
        let uses: Vec<_> = uses.iter().map(|(n, what)| format!("{n} {what}")).collect();
        Err(DataError::TooFewFiles {
            task: task.name(),
            folder: self.place(&task.normal.0, part),
            has,
            needed,
            uses: uses.join(", "),
        })
    }
}
