//! The files of a finished sweep: leaderboard.json, .csv, .md, .parquet and .tex, report.html and report.json, and the detectors
//! that won; each replaced whole.

mod columns;
mod comparison;
mod csv;
mod gather;
mod latex;
mod markdown;
mod measures;
mod merge;
mod models;
mod paper;
mod parquet;
mod quality;
mod reused;
mod rows;
mod source;
mod statistics;
mod stopping;
mod summary;
mod table;
mod verify;

pub(crate) use comparison::{Against, Comparison, Variant as Compared, compare};
pub use csv::to_csv;
pub use gather::gather;
pub(crate) use gather::id;
pub use latex::to_latex;
pub use markdown::to_markdown;
pub(crate) use measures::{Measure, shown};
pub use merge::merge;
pub use models::{ARTIFACTS, Artifacts};
pub use paper::Layout;
pub(crate) use paper::{Grid, GridCell};
pub use parquet::to_parquet;
pub(crate) use quality::{Design, Overall, Quality, Selector, Spread, TaskQuality, quality};
pub(crate) use rows::{Row, has_variants, rows};
pub use source::{leaderboard_of, read_leaderboard, results_of};
pub(crate) use stopping::{audit, saved, totals};
pub use table::to_table;
pub(crate) use table::{finish, plain};
pub use verify::{compare_seals, verify};

use crate::{
    failure::{Exit, Failure},
    folder::replace,
    report::{self, ReportInput},
};
use augur_core::{
    leaderboard::Leaderboard,
    spec::{self, SweepSpec},
};
use std::path::{Path, PathBuf};

/// Writes every result into `folder`, the detectors out of `artifacts`; the report's path.
///
/// # Errors
/// A file that can't be written.
pub fn write(folder: &Path, artifacts: &Artifacts, input: &ReportInput) -> Result<PathBuf, Failure> {
    let path = write_files(folder, input)?;
    let missing = models::keep(folder, artifacts, &input.leaderboard);
    if !missing.is_empty() {
        // Everything else is there, and a trial that is over isn't run again for it.
        eprintln!("warning: no detector could be kept for {}", missing.join(", "));
    }
    Ok(path)
}

/// Writes the leaderboard and the report in every format; the path of the HTML.
///
/// # Errors
/// A file that can't be written.
pub fn write_files(folder: &Path, input: &ReportInput) -> Result<PathBuf, Failure> {
    let (board, layout) = (&input.leaderboard, input.layout);
    replace(&folder.join("leaderboard.json"), to_json(board)?.as_bytes())?;
    replace(&folder.join("leaderboard.csv"), to_csv(board)?.as_bytes())?;
    replace(&folder.join("leaderboard.parquet"), &to_parquet(board)?)?;
    replace(&folder.join("leaderboard.md"), to_markdown(board, layout).as_bytes())?;
    replace(&folder.join("leaderboard.tex"), to_latex(board, layout).as_bytes())?;
    replace(&folder.join("report.json"), summary::to_json(board)?.as_bytes())?;
    let path = folder.join("report.html");
    report::write(&path, input)?;
    Ok(path)
}

/// Writes `config.yaml` beside results: what they are of, for those who verify or merge them. One of the same sweep stays as it
/// was written.
///
/// # Errors
/// A file that can't be written.
pub fn write_config(folder: &Path, spec: &SweepSpec) -> Result<(), Failure> {
    let path = folder.join("config.yaml");
    let there = std::fs::read_to_string(&path).ok();
    if there.is_some_and(|text| spec::parse(&text).is_ok_and(|there| there.sha256() == spec.sha256())) {
        return Ok(());
    }
    let yaml = serde_yaml::to_string(spec).map_err(|error| unwritable("config.yaml", &error))?;
    replace(&path, yaml.as_bytes())
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
