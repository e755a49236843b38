//! What can be wrong with a data set: each error says what, where, and what to do.

use crate::idx::IdxError;
use std::path::PathBuf;
use thiserror::Error;

/// Why images can't be had.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DataError {
    /// No folder of the data set.
    #[error(
        "no folder of {data_set} at {}; run `augur fetch {data_set}`, or set `data.{key}.root` to the folder that has it",
        list(looked, " or ")
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
        "{} holds neither {name}.gz nor {name}; run `augur fetch fashion-mnist --to {}`",
        folder.display(), folder.display()
    )]
    NoFile {
        /// The folder.
        folder: PathBuf,
        /// The file's name without `.gz`.
        name: &'static str,
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
        "{} is damaged: {fault}; run `augur fetch fashion-mnist --to {}`",
        path.display(), path.parent().unwrap_or(path).display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        fault: IdxError,
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
        suggestion: Option<&'static str>,
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
    #[error("task `{task}`: class {class} has {has} images and the split asks for {asked} ({uses}); ask for fewer")]
    TooFewImages {
        /// The task's name.
        task: String,
        /// The class's name.
        class: &'static str,
        /// How many images it has.
        has: u64,
        /// How many are asked for.
        asked: u64,
        /// The keys of the split that ask for them, with their values.
        uses: String,
    },
    /// A size that images can't be brought to.
    #[error("`data.fashion_mnist.size_px`: {size} is out of range; images can be 8 to 28 pixels wide")]
    Size {
        /// The size that was asked for, in pixels.
        size: u32,
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

/// Paths in one line.
fn list(paths: &[PathBuf], between: &str) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(between)
}
