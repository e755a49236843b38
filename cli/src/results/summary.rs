//! report.json: the statistics of the report, for programs.

use super::{
    comparison::{Comparison, compare},
    quality::{Quality, quality},
    unwritable,
};
use crate::failure::Failure;
use augur_core::leaderboard::{Leaderboard, Provenance};
use serde::Serialize;

/// The version of the format.
const SCHEMA: u32 = 1;

/// What the report says beyond the leaderboard.
#[derive(Serialize)]
struct Summary<'a> {
    schema: u32,
    sweep: &'a Provenance,
    merged: &'a [Provenance],
    /// The method against its variants; null without variants or labels.
    comparison: Option<Comparison>,
    /// Null without labels.
    choice: Option<Quality>,
}

/// The statistics as JSON, schema 1.
///
/// # Errors
/// None is known: every number is finite.
pub fn to_json(board: &Leaderboard) -> Result<String, Failure> {
    let summary = Summary {
        schema: SCHEMA,
        sweep: &board.sweep,
        merged: &board.merged,
        comparison: compare(board),
        choice: quality(board),
    };
    let json = serde_json::to_string_pretty(&summary).map_err(|error| unwritable("report.json", &error))?;
    Ok(json + "\n")
}
