//! Why a sweep can't be moved.

use crate::store::{OpenError, StoreError, backend::NEWEST};
use std::io;
use thiserror::Error;

/// Why a sweep could not be written to a file, or taken from one.
#[derive(Debug, Error)]
pub enum TransferError {
    /// The store can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No sweep has this name.
    #[error("the store has no sweep called {0}; `augur list` shows what a coordinator has")]
    NoSweep(String),
    /// The file can't be written.
    #[error("{path} can't be written; choose another file")]
    Write {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The copy can't be made.
    #[error("the store can't be copied to {path}; choose another file, or make room")]
    Copy {
        /// Whither.
        path: String,
        /// What the system or SQLite said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It is no file.
    #[error("{0} is a database of a server, which its own tools copy: pg_dump --format=custom --file=FILE")]
    NotAFile(String),
    /// The file can't be read.
    #[error("{path} can't be read")]
    Read {
        /// Which.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what an export wrote.
    #[error("{path} can't be imported: line {line} {problem}; export the sweep again")]
    BadFile {
        /// Which.
        path: String,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A later version of augur wrote the file.
    #[error("{path} was written by a newer version of augur (schema {found}, this build knows {NEWEST}); update augur")]
    Newer {
        /// Which.
        path: String,
        /// Its schema.
        found: i64,
    },
    /// The store has another sweep of this name, or this one in another state.
    #[error("the store has a sweep called {0} already, and it differs from the file; import into another store")]
    Taken(String),
    /// A trial was reused of a sweep that isn't there.
    #[error("trial {trial} was reused from sweep {origin}, which the store does not have; import that sweep first")]
    NoOrigin {
        /// Its position.
        trial: i64,
        /// The identifier of the sweep that computed it.
        origin: String,
    },
}
