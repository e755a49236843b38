//! One sweep as a file, to move it between stores of any kind.
//!
//! JSON lines: a header, a line for each row of each table in the order of [`TABLES`], and a trailer with the number of rows
//! and the SHA-256 of everything before it. Rows have no key of the store's own: an import gives the sweep a new one. A
//! trial that was reused names the sweep that computed it. What was leased is pending, with the transition that says so.

mod cell;
mod error;
mod export;
mod import;
#[cfg(test)]
mod tests;

pub use error::TransferError;
pub(crate) use export::export;
pub use import::Imported;
pub(crate) use import::{Whole, import};

use cell::Cell;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format itself.
const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    /// [`FORMAT`].
    augur_export: u32,
    /// The version of the schema of which the rows are.
    schema: i64,
    /// The sweep's name.
    sweep: String,
}

/// A row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    table: String,
    row: BTreeMap<String, Cell>,
}

/// The last line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    /// Lines between header and trailer.
    rows: u64,
    /// Of all bytes before this line.
    sha256: String,
}

/// How the rows of a table are walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    /// There is one.
    One,
    /// By this position of a trial or a group, in this order.
    Positions(&'static str, &'static str),
    /// By a number that grows with every row of the store.
    Numbers(&'static str),
}

/// The tables that hold a sweep, each after those that it refers to.
const TABLES: [(&str, Walk); 10] = [
    ("sweeps", Walk::One),
    ("groups", Walk::Positions("group_index", "group_index")),
    ("trials", Walk::Positions("trial_index", "trial_index")),
    ("evaluations", Walk::Positions("group_index", "group_index")),
    ("pictures", Walk::Positions("group_index", "group_index, position")),
    ("outcomes", Walk::Positions("trial_index", "trial_index")),
    (
        "measurements",
        Walk::Positions("trial_index", "trial_index, attempt, epoch"),
    ),
    (
        "log_lines",
        Walk::Positions("trial_index", "trial_index, attempt, sequence"),
    ),
    ("rung_values", Walk::Positions("trial_index", "trial_index, epoch")),
    ("transitions", Walk::Numbers("revision")),
];

/// The columns that only mean something in their own store, or follow from others.
const OWN_COLUMNS: [&str; 4] = ["sweep_key", "revision", "extends", "loss"];
