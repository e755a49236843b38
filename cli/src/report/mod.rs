//! `report.html`: one file that opens offline and shows what was selected, how every trial went, and where it all
//! comes from.
//!
//! Pure: [`html`] is a function of its input; [`write`] puts the text on disk, whole or not at all.

mod cells;
mod chart;
mod comparison;
mod format;
mod histogram;
mod page;
mod paper;
mod pictures;
mod plot;
mod quality;
#[cfg(test)]
pub(crate) mod sample;
mod scale;
mod strip;
mod summary;
mod tables;
mod task;
#[cfg(test)]
mod tests;
mod trust;
mod variants;

use crate::results::Layout;
use augur_core::{
    leaderboard::Leaderboard,
    outcome::{Hyperparameters, Measurement},
    picture::Picture,
    spec::SweepSpec,
    time::Timestamp,
};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// All that a report shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportInput {
    /// What was selected. The report has one section for each of its tasks, in its order.
    pub leaderboard: Leaderboard,
    /// What was asked for.
    pub spec: SweepSpec,
    /// The course of the trials. A (task, seed, variant) of the leaderboard that is missing here is shown without
    /// charts; one that the leaderboard doesn't have is left out.
    pub groups: Vec<GroupCurves>,
    /// How long it took; none of a sweep that is not over.
    pub time: Option<Time>,
    /// The workers that the coordinator knows; those of other sweeps may be among them.
    pub workers: Vec<Worker>,
    /// The command that made the report, as typed.
    pub command_line: String,
    /// When the report was made.
    pub generated_at: Timestamp,
    /// How the table of results is laid out.
    pub layout: Layout,
}

/// A worker, gone or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worker {
    /// Its machine.
    pub host: String,
    /// Trials that it ran side by side.
    pub slots: u32,
    /// Versions that it was built with.
    pub augur: String,
    /// Of libtorch.
    pub libtorch: String,
}

/// How long a sweep took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time {
    /// From submission to the end, pauses included.
    pub seconds: f64,
    /// Of the trials that were computed, summed up.
    pub trial_seconds: f64,
}

impl Time {
    /// Trials that ran at once, on average: the number of slots, were none ever idle.
    pub fn at_once(&self) -> f64 {
        self.trial_seconds / self.seconds
    }
}

/// The course of the trials of one (task, seed, variant).
#[derive(Clone, Debug, PartialEq)]
pub struct GroupCurves {
    /// The task's name, as in the leaderboard.
    pub task: String,
    /// The seed.
    pub seed: u64,
    /// The variant, as in the leaderboard.
    pub variant: String,
    /// All its trials, in the plan's order.
    pub trials: Vec<TrialCurve>,
    /// What its selected trial saw and made, in the order in which it is shown; empty where that is not known.
    pub pictures: Vec<Picture>,
}

/// The course of one trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialCurve {
    /// The trial's identifier, as in the leaderboard.
    pub trial: String,
    /// Its family, or its baseline.
    pub family: String,
    /// Where tuning began; empty where the family has no hyperparameters.
    pub initial: Hyperparameters,
    /// The name of the sweep that computed it, where its outcome was reused.
    pub reused_from: Option<String>,
    /// Attempts begun; none where that isn't known.
    pub attempts: Option<u32>,
    /// Why its last attempt failed, if one did.
    pub cause: Option<String>,
    /// Whether it was selected.
    pub selected: bool,
    /// Why it was kept out of the choice, if it was.
    pub excluded: Option<String>,
    /// One entry for each epoch of its last attempt, in the order of epochs; empty where it reported none.
    pub measurements: Vec<Measurement>,
}

/// A report that couldn't be written.
#[derive(Debug, Error)]
#[error("the report {} can't be written ({source}): choose a folder that exists and may be written to", path.display())]
pub struct ReportError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The report as HTML: one document, without any reference to another file or host.
pub fn html(input: &ReportInput) -> String {
    page::document(input).into_string()
}

/// Writes the report to the file `out`, whole or not at all; a report that is there is replaced.
///
/// # Errors
/// [`ReportError`] where the folder of `out` is missing or can't be written.
pub fn write(out: &Path, input: &ReportInput) -> Result<(), ReportError> {
    replace(out, html(input).as_bytes()).map_err(|source| ReportError {
        path: out.to_owned(),
        source,
    })
}

/// Temporary file in the same folder, fsync, rename: a reader sees the old text or the new one.
fn replace(out: &Path, text: &[u8]) -> io::Result<()> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".report-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        // As for any file, the umask has the last word; the crate's own default is for secrets.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(out)?;
    Ok(())
}
