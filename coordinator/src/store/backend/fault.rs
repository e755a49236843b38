//! What can be wrong with a database, told so that people know what to do.

use std::{fmt, sync::Arc};
use thiserror::Error;

/// A database did not do what it was asked; nothing of it stays.
#[derive(Debug, Error)]
pub struct Fault {
    /// Where, as people know it.
    pub store: Arc<str>,
    /// What is wrong.
    pub kind: FaultKind,
    /// What the database said, if it said anything.
    #[source]
    pub source: Option<sqlx::Error>,
}

/// What is wrong with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// No room.
    Full,
    /// It may not be written.
    ReadOnly,
    /// The disk fails.
    Disk,
    /// What is stored can't be right.
    Corrupt,
    /// The server can't be reached, or the connection broke.
    Away,
    /// Another coordinator leads the store, or has in between: this one is over.
    Taken,
    /// Another program keeps it busy.
    Busy,
    /// None of these.
    Other,
}

impl FaultKind {
    /// Whether a new connection may do better.
    pub(super) fn is_away(self) -> bool {
        matches!(self, Self::Away | Self::Taken)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = &self.store;
        match self.kind {
            FaultKind::Full => write!(
                f,
                "the disk of the store {store} is full; make room, then it goes on by itself"
            ),
            FaultKind::ReadOnly => {
                write!(
                    f,
                    "the store {store} can't be written; make it writable, then it goes on by itself"
                )
            }
            FaultKind::Disk => write!(
                f,
                "the disk of the store {store} fails to read or to write; look after the disk, then it goes on by itself"
            ),
            FaultKind::Corrupt => write!(
                f,
                "the database of the store {store} is damaged; stop the coordinator, run `augur store check`, \
                 and restore a backup"
            ),
            FaultKind::Away => write!(
                f,
                "the server of the store {store} can't be reached; start it, then it goes on by itself"
            ),
            FaultKind::Taken => write!(
                f,
                "another coordinator has taken over the store {store}; this one writes no more"
            ),
            FaultKind::Busy => write!(f, "the store {store} is kept busy by another program; end that one"),
            FaultKind::Other => write!(f, "the store {store} failed"),
        }
    }
}

/// The fault behind an error of a database.
pub(super) fn fault(store: &Arc<str>, source: sqlx::Error) -> Fault {
    Fault {
        store: Arc::clone(store),
        kind: kind(&source),
        source: Some(source),
    }
}

fn kind(error: &sqlx::Error) -> FaultKind {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => FaultKind::Away,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            match error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                Some(_) => of_postgres(&code),
                None => of_sqlite(&code),
            }
        }
        _ => FaultKind::Other,
    }
}

/// By the primary code in the lowest byte (sqlite.org/rescode.html).
fn of_sqlite(code: &str) -> FaultKind {
    match code.parse::<i32>().map(|code| code & 0xff) {
        Ok(5 | 6) => FaultKind::Busy,
        Ok(8) => FaultKind::ReadOnly,
        Ok(10 | 14) => FaultKind::Disk,
        Ok(11 | 26) => FaultKind::Corrupt,
        Ok(13) => FaultKind::Full,
        _ => FaultKind::Other,
    }
}

/// By SQLSTATE (PostgreSQL's manual, appendix A).
fn of_postgres(code: &str) -> FaultKind {
    match code {
        "53100" => FaultKind::Full,
        "25006" => FaultKind::ReadOnly,
        "58030" | "58P01" | "58P02" => FaultKind::Disk,
        "XX001" | "XX002" => FaultKind::Corrupt,
        // Too many connections, then a server that goes down, has crashed, or comes up.
        "53300" | "57P01" | "57P02" | "57P03" => FaultKind::Away,
        code if code.starts_with("08") => FaultKind::Away,
        _ => FaultKind::Other,
    }
}
