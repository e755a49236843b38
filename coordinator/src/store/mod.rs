//! The store: the only place that knows SQL. Small typed functions over one connection, so that another database can
//! stand behind the same signatures.
//!
//! One writer (the engine) and a pool of readers that never block it (write-ahead log).

pub(crate) mod evaluations;
mod facts;
pub(crate) mod fleet;
pub(crate) mod groups;
pub(crate) mod invariants;
pub(crate) mod job;
pub(crate) mod measurements;
mod open;
pub(crate) mod outcomes;
pub(crate) mod requests;
pub(crate) mod reuse;
pub(crate) mod rungs;
pub(crate) mod sweeps;
pub(crate) mod transitions;
pub(crate) mod trials;
pub(crate) mod verbs;
pub(crate) mod workers;

pub use invariants::Violation;
pub use open::OpenError;
pub(crate) use open::{Reader, View, Writer, open};

use thiserror::Error;

/// A connection, inside a transaction or not: what the typed functions work on.
pub(crate) type Conn = sqlx::SqliteConnection;

/// The store's own key of a sweep: shorter than its identifier, and in the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct SweepKey(pub(crate) i64);

/// The store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database refused, or the disk did.
    #[error("the store failed")]
    Database(#[from] sqlx::Error),
    /// Something in it can't be read back.
    #[error("the store holds a {0} that can't be read; restore it from a backup")]
    Damaged(&'static str),
    /// A compare-and-swap found another generation.
    #[error("a {0} was changed in between")]
    Conflict(&'static str),
}

/// The result of a function of the store.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// Reads a value that was written by `to_json`.
fn from_json<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged(what))
}

/// A value as canonical JSON.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    augur_core::spec::canonical_json(value)
}

/// One row must have been changed, or somebody else was there before.
fn swapped(done: &sqlx::sqlite::SqliteQueryResult, what: &'static str) -> Result<()> {
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::Conflict(what))
    }
}
