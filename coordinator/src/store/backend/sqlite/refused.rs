//! What SQLite says to the connection that writes, as the other connections say it: with SQLite's code.

use sqlx::error::{DatabaseError, ErrorKind};
use std::{borrow::Cow, error::Error, fmt};

/// An answer of SQLite.
#[derive(Debug)]
struct Refused(rusqlite::Error);

/// The error as sqlx has it.
pub(super) fn refused(error: rusqlite::Error) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Refused(error)))
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refused {}

impl DatabaseError for Refused {
    fn message(&self) -> &str {
        match &self.0 {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message,
            _ => "SQLite refused",
        }
    }

    /// The extended code (sqlite.org/rescode.html).
    fn code(&self) -> Option<Cow<'_, str>> {
        let code = self.0.sqlite_error()?.extended_code;
        Some(code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
