//! The store: the only place that knows SQL. Small typed functions over one connection ([`Conn`]); the databases that can
//! stand behind it are in [`backend`].
//!
//! One writer (the engine) and readers beside it, each with a view of one moment or with single statements.

pub(crate) mod backend;
#[cfg(test)]
mod contract;
pub(crate) mod evaluations;
mod facts;
pub(crate) mod fleet;
pub(crate) mod groups;
pub(crate) mod invariants;
pub(crate) mod job;
pub(crate) mod listing;
pub(crate) mod log_lines;
pub(crate) mod measurements;
pub(crate) mod outcomes;
pub(crate) mod overview;
pub(crate) mod pictures;
mod reader;
pub(crate) mod requests;
pub(crate) mod reuse;
pub(crate) mod rungs;
pub(crate) mod sweeps;
pub(crate) mod transfer;
pub(crate) mod transitions;
pub(crate) mod trials;
pub(crate) mod verbs;
pub(crate) mod workers;
mod writer;

pub use backend::{BadLocation, Fate, Fault, FaultKind, Location, Memory, Observer, OpenError, Step};
pub use invariants::Violation;
pub use transfer::{Imported, TransferError};

pub(crate) use backend::{Conn, Holder, Lookout, Row, backup::of_file as backup, query, query_scalar};
pub(crate) use reader::{Reader, View, open_to_read};
pub(crate) use writer::{Writer, open, open_observed};

use backend::{Dialect, Done, insert_rows};
use thiserror::Error;

/// The schema that stores are brought to.
pub(crate) fn newest_schema() -> i64 {
    backend::NEWEST
}

/// The store's own key of a sweep: shorter than its identifier, and in the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct SweepKey(pub(crate) i64);

/// The store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database refused, or the disk did.
    #[error(transparent)]
    Database(#[from] Fault),
    /// Something in it can't be read back.
    #[error("the store holds a {0} that can't be read; restore it from a backup")]
    Damaged(&'static str),
    /// A text has a character that no database keeps.
    #[error("a text has a NUL character, which can't be stored; leave it out")]
    NulInText,
    /// A compare-and-swap found another generation.
    #[error("a {0} was changed in between")]
    Conflict(&'static str),
}

/// The result of a function of the store.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// Whether something was written: in this transaction on PostgreSQL, since the connection was made on SQLite, where each fault
/// brings a new one.
pub(crate) async fn has_written(conn: &mut Conn) -> Result<bool> {
    let sql = match conn.dialect() {
        Dialect::Sqlite => "SELECT total_changes()",
        Dialect::Postgres => "SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN 0 ELSE 1 END::bigint",
    };
    let changes: i64 = query_scalar(sql).fetch_one(conn).await?;
    Ok(changes > 0)
}

/// Writes a row and takes it back, so that the commit says whether the store can be written.
pub(crate) async fn probe(conn: &mut Conn) -> Result<()> {
    // Keys of sweeps begin with 1.
    let insert =
        "INSERT INTO log_lines (sweep_key, trial_index, attempt, sequence, at, line) VALUES (0, 0, 0, 0, 0, '')";
    for sql in [insert, "DELETE FROM log_lines WHERE sweep_key = 0"] {
        query(sql).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Rows that are asked for by name in one statement.
const AT_ONCE: usize = 1000;

/// `$first, ...`: so many arguments of a statement.
fn placeholders(first: usize, count: usize) -> String {
    let names: Vec<_> = (first..first + count).map(|at| format!("${at}")).collect();
    names.join(", ")
}

/// Reads a value that was written by `to_json`.
fn from_json<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged(what))
}

/// A value as canonical JSON.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    augur_core::spec::canonical_json(value)
}

/// One row must have been changed, or somebody else was there before.
fn swapped(done: &Done, what: &'static str) -> Result<()> {
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict(what))
    }
}
