//! Where a store is.

use super::Memory;
use sqlx::postgres::PgConnectOptions;
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};
use thiserror::Error;

/// Where a store is, and with it the kind of its database.
#[derive(Clone)]
pub enum Location {
    /// In memory, gone with the process.
    Memory,
    /// In memory that somebody holds, who can start another coordinator on it.
    Kept(Memory),
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Box<PgConnectOptions>),
}

/// A text that names no store.
#[derive(Debug, Error)]
#[error("{text} names no store: {problem}; use a file for SQLite, or postgres://USER@HOST:PORT/DATABASE")]
pub struct BadLocation {
    text: String,
    problem: String,
}

impl FromStr for Location {
    type Err = BadLocation;

    /// A URL of PostgreSQL's, else a path.
    fn from_str(text: &str) -> Result<Self, BadLocation> {
        let bad = |text: &str, problem: &str| BadLocation {
            text: text.to_owned(),
            problem: problem.to_owned(),
        };
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => match PgConnectOptions::from_str(text) {
                Ok(options) => Ok(Self::Postgres(Box::new(options))),
                // The text may hold a password.
                Err(error) => Err(bad("the postgres:// address", &error.to_string())),
            },
            Some((scheme, _)) => Err(bad(&format!("{scheme}://..."), "it is of an unknown kind")),
            None if text.is_empty() => Err(bad("an empty text", "it is no path")),
            None => Ok(Self::Sqlite(text.into())),
        }
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::Sqlite(path)
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Sqlite(path.into())
    }
}

/// As people know it, without a password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory | Self::Kept(_) => write!(f, "in memory"),
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(options) => {
                let database = options.get_database().unwrap_or_else(|| options.get_username());
                match options.get_socket() {
                    Some(socket) => write!(f, "postgres://{}/{database}", socket.display()),
                    None => write!(f, "postgres://{}:{}/{database}", options.get_host(), options.get_port()),
                }
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_postgresql_and_a_path_is_sqlite() {
        let shown = |text: &str| text.parse::<Location>().unwrap().to_string();
        assert!(matches!("runs/a.sqlite".parse(), Ok(Location::Sqlite(_))));
        assert_eq!(shown("runs/a.sqlite"), "runs/a.sqlite");
        assert_eq!(
            shown("postgres://ann:secret@db.lab:5433/sweeps"),
            "postgres://db.lab:5433/sweeps"
        );
        assert_eq!(shown("postgresql://ann@db.lab/sweeps"), "postgres://db.lab:5432/sweeps");
    }

    #[test]
    fn what_names_no_store_is_told_without_its_password() {
        let told = |text: &str| text.parse::<Location>().unwrap_err().to_string();
        assert_eq!(
            told("mysql://ann:secret@db/x"),
            "mysql://... names no store: it is of an unknown kind; \
             use a file for SQLite, or postgres://USER@HOST:PORT/DATABASE"
        );
        let bad = told("postgres://ann:secret@db:port/x");
        assert!(bad.starts_with("the postgres:// address names no store: "), "{bad}");
        assert!(!bad.contains("secret"), "{bad}");
    }
}
