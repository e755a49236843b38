//! The files of a finished sweep: leaderboard.json, .csv, .md and report.html, and the detectors that won; each replaced
//! whole.

mod comparison;
mod csv;
mod gather;
mod markdown;
mod measures;
mod models;
mod reused;
mod rows;
mod statistics;
mod stopping;
mod table;

pub(crate) use comparison::{Against, Comparison, Variant as Compared, compare};
pub use csv::to_csv;
pub use gather::gather;
pub(crate) use gather::id;
pub use markdown::to_markdown;
pub(crate) use measures::{Measure, shown};
pub use models::{ARTIFACTS, Artifacts};
pub(crate) use rows::{Row, has_variants, rows};
pub(crate) use stopping::{audit, saved, totals};
pub use table::to_table;
pub(crate) use table::{finish, plain};

use crate::{
    failure::{Exit, Failure},
    folder::replace,
    report::{self, ReportInput},
};
use augur_core::leaderboard::Leaderboard;
use std::path::{Path, PathBuf};

/// Writes every result into `folder`, the detectors out of `artifacts`; the report's path.
///
/// # Errors
/// A file that can't be written.
pub fn write(folder: &Path, artifacts: &Artifacts, input: &ReportInput) -> Result<PathBuf, Failure> {
    let board = &input.leaderboard;
    replace(&folder.join("leaderboard.json"), to_json(board)?.as_bytes())?;
    replace(&folder.join("leaderboard.csv"), to_csv(board)?.as_bytes())?;
    replace(&folder.join("leaderboard.md"), to_markdown(board).as_bytes())?;
    let path = folder.join("report.html");
    report::write(&path, input)?;
    let missing = models::keep(folder, artifacts, board);
    if !missing.is_empty() {
        // Everything else is there, and a trial that is over isn't run again for it.
        eprintln!("warning: no detector could be kept for {}", missing.join(", "));
    }
    Ok(path)
}

/// `leaderboard.json`, schema 1.
///
/// # Errors
/// None is known: every number of a leaderboard is finite.
pub fn to_json(board: &Leaderboard) -> Result<String, Failure> {
    let json = serde_json::to_string_pretty(board).map_err(|error| unwritable("leaderboard.json", &error))?;
    Ok(json + "\n")
}

fn unwritable(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Unexpected, format!("{what} can't be made: {error}"))
}

#[cfg(test)]
pub(crate) mod fixture;
