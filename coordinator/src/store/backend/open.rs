//! Opens a store of any kind.

use super::{Backend, Conn, Location, Memory, fault::FaultKind, migrations::NEWEST, postgres, sqlite};
use std::{fs::File, io, sync::Arc};
use thiserror::Error;

/// Why the store can't be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder or the file can't be written.
    #[error("the store {store} can't be written; make its folder writable or choose another one with --store")]
    NotWritable {
        /// Where.
        store: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is no file that can be read.
    #[error("the store {store} can't be read; name the file of a coordinator with --store")]
    NotReadable {
        /// Where.
        store: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is of another kind.
    #[error("{store} is no store of augur; name the file of a coordinator with --store, or restore it from a backup")]
    NoStore {
        /// Where.
        store: String,
    },
    /// Another coordinator has it.
    #[error("the store {store} is in use by another coordinator; stop that one or choose another store with --store")]
    InUse {
        /// Where.
        store: String,
    },
    /// A later version of augur has migrated it.
    #[error(
        "the store {store} is of a newer version of augur (schema {found}, this build knows {known}); update augur"
    )]
    Newer {
        /// Where.
        store: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this build knows.
        known: i64,
    },
    /// It would have to be migrated, which only a coordinator does.
    #[error(
        "the store {store} is of an older version of augur or empty (schema {found}, this build reads {NEWEST}); \
         start a coordinator on it once, which migrates it"
    )]
    Older {
        /// Where.
        store: String,
        /// Its schema; 0 where it has none.
        found: i64,
    },
    /// The copy that comes before a migration could not be made.
    #[error(
        "the store {store} can't be copied to {backup} before it is migrated; make room and let the folder be written"
    )]
    Backup {
        /// Where.
        store: String,
        /// The copy.
        backup: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No server answers.
    #[error("no PostgreSQL server answers for the store {store}; start it, or check host and port")]
    Unreachable {
        /// Where.
        store: String,
        /// What went wrong.
        source: sqlx::Error,
    },
    /// The server lacks what is needed.
    #[error("the store {store} is on PostgreSQL {found}; use 13 or newer")]
    TooOld {
        /// Where.
        store: String,
        /// Its major version.
        found: i64,
    },
    /// The database can't be used.
    #[error(
        "the store {store} can't be opened as an augur store; restore it from a backup or choose another one with --store"
    )]
    Unusable {
        /// Where.
        store: String,
        /// What the database said.
        source: sqlx::Error,
    },
}

impl OpenError {
    pub(super) fn of_postgres(store: &str, source: sqlx::Error) -> Self {
        let fault = super::fault::fault(&store.into(), source);
        let (store, kind) = (store.to_owned(), fault.kind);
        // The error that the fault was made of.
        let source = fault.source.unwrap_or(sqlx::Error::PoolClosed);
        match kind {
            FaultKind::Away => Self::Unreachable { store, source },
            _ => Self::Unusable { store, source },
        }
    }
}

/// A store that was opened by a coordinator.
pub(crate) struct Opened {
    /// What gives further connections.
    pub backend: Arc<dyn Backend>,
    /// The connection that writes.
    pub conn: Box<Conn>,
    /// Keeps others out as long as it is open, where the connection doesn't.
    pub lock: Option<File>,
}

/// Opens the store to write it: takes its lock, makes or migrates it.
///
/// # Errors
/// [`OpenError`], each with what to do.
pub(crate) async fn open(location: &Location) -> Result<Opened, OpenError> {
    match location {
        Location::Memory => Ok(Memory::new().await?.open()),
        Location::Kept(memory) => Ok(memory.open()),
        Location::Sqlite(path) => sqlite::open(path).await,
        Location::Postgres(options) => postgres::open(options, &location.to_string()).await,
    }
}

/// Opens a store that is there to read it. Nothing is locked and nothing migrated.
///
/// # Errors
/// [`OpenError`], each with what to do.
pub(crate) async fn open_to_read(location: &Location) -> Result<Arc<dyn Backend>, OpenError> {
    match location {
        Location::Memory => Ok(Memory::new().await?.open().backend),
        Location::Kept(memory) => Ok(memory.open().backend),
        Location::Sqlite(path) => sqlite::open_to_read(path).await,
        Location::Postgres(options) => postgres::open_to_read(options, &location.to_string()).await,
    }
}

/// A store that is only read has to be of this build's schema.
pub(super) fn require_newest(store: &str, found: i64) -> Result<(), OpenError> {
    let store = store.to_owned();
    let known = NEWEST;
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(OpenError::Older { store, found }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(OpenError::Newer { store, found, known }),
    }
}
