//! What can be wrong with a data set: each error says what, where, and what to do.

use crate::{data_sets::remedy as remedy_of, photo::ImageFault};
use std::path::PathBuf;
use thiserror::Error;

/// Why images can't be had.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DataError {
    /// No folder of the data set.
    #[error(
        "no folder of {data_set} at {}; {}set `data.{key}.root` to the folder that has it",
        list(looked, " or "),
        if *data_set == "mnist" { String::new() } else { format!("run `augur fetch {data_set}`, or ") }
    )]
    NoFolder {
        /// The data set's name in commands.
        data_set: &'static str,
        /// The data set's key in the spec.
        key: &'static str,
        /// The places that were looked at, in that order.
        looked: Vec<PathBuf>,
    },
    /// A file of the data set isn't in its folder.
    #[error(
        "{} holds {wanted}; {}", folder.display(), remedy_of(data_set, folder)
    )]
    NoFile {
        /// The folder.
        folder: PathBuf,
        /// What it lacks, such as "no labels.csv".
        wanted: String,
        /// The data set's name in commands.
        data_set: &'static str,
    },
    /// A file can't be opened or read.
    #[error("can't read {}: {fault}; mend its permissions or fetch the data set anew", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        fault: String,
    },
    /// A file isn't what it should be.
    #[error(
        "{} is damaged: {fault}; {}", path.display(), remedy_of(data_set, path.parent().unwrap_or(path))
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        fault: String,
        /// The data set's name in commands.
        data_set: &'static str,
    },
    /// A file of a data set that can't be used.
    #[error("{} {fault}", path.display())]
    File {
        /// The file, or its folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        fault: String,
    },
    /// A class that the data set doesn't have.
    #[error(
        "task `{task}`: {data_set} has no class `{class}`{}; its classes are {classes}",
        suggestion.as_ref().map_or(String::new(), |name| format!(" (did you mean `{name}`?)"))
    )]
    NoClass {
        /// The task's name.
        task: String,
        /// The data set's name.
        data_set: &'static str,
        /// The class that was asked for.
        class: String,
        /// The nearest name, where one is near.
        suggestion: Option<String>,
        /// All classes with their numbers.
        classes: String,
    },
    /// The anomalies are of the normal class itself.
    #[error("task `{task}`: `{normal}` and `{anomaly}` are the same class; name another one as the anomaly")]
    SameClass {
        /// The task's name.
        task: String,
        /// The normal class as the spec calls it.
        normal: String,
        /// The anomalous class as the spec calls it.
        anomaly: String,
    },
    /// A class has fewer images than the split asks for.
    #[error(
        "task `{task}`: class {class} has {has} images{} and the split asks for {asked} ({uses}); ask for fewer",
        part.map_or(String::new(), |part| format!(" in the part `{part}`"))
    )]
    TooFewImages {
        /// The task's name.
        task: String,
        /// The class's name.
        class: String,
        /// The part of the data set that the images come from, where it has parts.
        part: Option<&'static str>,
        /// How many images it has.
        has: u64,
        /// How many are asked for.
        asked: u64,
        /// The keys of the split that ask for them, with their values.
        uses: String,
    },
    /// A size that images can't be brought to.
    #[error("`data.{key}.size_px`: {size} is out of range; images can be 8 to {most} pixels wide")]
    Size {
        /// The data set's key in the spec.
        key: &'static str,
        /// The size that was asked for, in pixels.
        size: u32,
        /// The largest size, in pixels.
        most: u32,
    },
    /// Anomalies of a kind that the data set doesn't have.
    #[error("task `{task}`: data set {data_set} has no anomalies of this kind; write {kinds} as the task's `anomaly`")]
    Anomaly {
        /// The task's name.
        task: String,
        /// The data set's name in commands.
        data_set: &'static str,
        /// What the data set has.
        kinds: &'static str,
    },
    /// No folder of one's own images at all.
    #[error("no folder {}; set `data.folder.root` to the folder that holds your images", root.display())]
    NoRoot {
        /// The folder that was looked for.
        root: PathBuf,
    },
    /// A part of a task's images isn't in the folder.
    #[error("task `{task}`: no folder {}; {}", folder.display(), remedy(suggestion.as_deref(), content))]
    NoSubFolder {
        /// The task's name.
        task: String,
        /// The folder that was looked for.
        folder: PathBuf,
        /// What belongs there.
        content: &'static str,
        /// A folder that is there, with a name that is near.
        suggestion: Option<String>,
    },
    /// A task's folder holds too few images.
    #[error(
        "task `{task}`: {} holds {has} images, fewer than {needed} ({uses}); put more of them there",
        folder.display()
    )]
    TooFewFiles {
        /// The task's name.
        task: String,
        /// The folder.
        folder: PathBuf,
        /// How many images it holds.
        has: usize,
        /// How many are needed.
        needed: usize,
        /// What they are needed for.
        uses: String,
    },
    /// Labelled images of one kind only.
    #[error(
        "{} needs normal images in `good` and anomalous ones in a folder of another name; put both there or remove it",
        folder.display()
    )]
    OneSided {
        /// The folder.
        folder: PathBuf,
    },
    /// A file in a folder of images that is none that can be used.
    #[error("{} {fault}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        fault: ImageFault,
    },
    /// No way of fetching worked.
    #[error("can't fetch {data_set}: {faults}; {remedy}")]
    Fetch {
        /// The data set's name in commands.
        data_set: &'static str,
        /// What each way met.
        faults: String,
        /// What to do.
        remedy: String,
    },
    /// The folder to fetch into can't be written.
    #[error("can't write {}: {fault}; choose a folder of yours with `--to DIR`", path.display())]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        fault: String,
    },
}

/// What to do about a folder that isn't there.
fn remedy(suggestion: Option<&str>, content: &str) -> String {
    match suggestion {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("make it and put {content} there"),
    }
}

/// Paths in one line.
fn list(paths: &[PathBuf], between: &str) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(between)
}
