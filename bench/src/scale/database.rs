//! A store of its own for each measurement: an SQLite file, or a throw-away PostgreSQL server with its settings as they come,
//! `fsync` among them.

use std::{fs, path::Path};

use anyhow::Result;
use augur_postgres::Server;
use serde::Serialize;
use tempfile::TempDir;

/// What keeps a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A store that goes with whoever holds it.
pub struct Database {
    // Before its folder, which goes after it.
    server: Option<Server>,
    folder: TempDir,
}

impl Database {
    pub fn new(kind: Kind, parent: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("scale-").tempdir_in(parent)?;
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Server::start(folder.path(), &[])?),
        };
        Ok(Self { server, folder })
    }

    /// Where logs can go.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// As augur's programs are told.
    pub fn location(&self) -> String {
        let folder = self.folder.path().display();
        match &self.server {
            None => format!("{folder}/store.sqlite"),
            Some(server) => server.url("postgres"),
        }
    }

    /// As SQLAlchemy is told.
    pub fn alchemy(&self) -> String {
        let folder = self.folder.path().display();
        match self.server {
            None => format!("sqlite:///{folder}/optuna.sqlite"),
            Some(_) => format!("postgresql+psycopg2://augur@/postgres?host={folder}"),
        }
    }

    /// Bytes of an SQLite file with its log; of a server's folder.
    pub fn bytes(&self) -> Result<u64> {
        size(self.folder.path())
    }
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() {
            size(&entry.path())?
        } else {
            about.len()
        };
    }
    Ok(bytes)
}
