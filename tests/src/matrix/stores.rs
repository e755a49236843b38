//! A new store for each run: an SQLite file in memory, where the machine has such a folder, or a database of a server.

use super::postgres::Server;
use anyhow::{Context, Result};
use augur_coordinator::{Location, maintenance};
use clap::ValueEnum;
use serde::Serialize;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};
use tempfile::TempDir;

/// A file system in memory, on Linux.
const IN_MEMORY: &str = "/dev/shm";

/// The kind of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file
    Sqlite,
    /// A database of a server that is started for it
    Postgres,
}

impl Kind {
    /// As it is given on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Makes stores of one kind.
pub struct Stores {
    /// Which.
    pub kind: Kind,
    folder: PathBuf,
    server: Option<Arc<Server>>,
}

/// The store of one run, gone with it.
pub struct Place {
    location: String,
    folder: TempDir,
    database: Option<(Arc<Server>, String)>,
    keeps_log: bool,
}

impl Stores {
    /// Of one kind; a server is started for PostgreSQL.
    ///
    /// # Errors
    /// PostgreSQL isn't installed, or doesn't start.
    pub async fn open(kind: Kind) -> Result<Self> {
        let in_memory = Path::new(IN_MEMORY);
        let folder = match in_memory.is_dir() {
            true => in_memory.to_owned(),
            false => std::env::temp_dir(),
        };
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Arc::new(Server::start(&folder).await?)),
        };
        Ok(Self { kind, folder, server })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new store without a sweep.
    ///
    /// # Errors
    /// No room, or a server that has failed.
    pub async fn place(&self) -> Result<Place> {
        let folder = tempfile::Builder::new()
            .prefix("augur-matrix-")
            .tempdir_in(&self.folder)?;
        let (location, database) = match &self.server {
            None => (folder.path().join("store.sqlite").display().to_string(), None),
            Some(server) => {
                let (name, url) = server.database().await?;
                (url, Some((Arc::clone(server), name)))
            }
        };
        Ok(Place {
            location,
            folder,
            database,
            keeps_log: false,
        })
    }
}

impl Place {
    /// As `--store` takes it.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// What its coordinators say goes to this process's stderr.
    pub fn with_log(self) -> Self {
        Self {
            keeps_log: true,
            ..self
        }
    }

    /// Where its coordinators complain.
    ///
    /// # Errors
    /// No room for the log.
    pub fn log(&self) -> Result<Stdio> {
        if self.keeps_log {
            return Ok(Stdio::inherit());
        }
        let log = self.folder.path().join("log");
        Ok(File::options().create(true).append(true).open(log)?.into())
    }

    /// What was complained of.
    pub fn complaints(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Everything that does not hold in it, a line each; nobody may write it.
    ///
    /// # Errors
    /// A store that can't be read.
    pub async fn check(&self) -> Result<Vec<String>> {
        let location: Location = self.location.parse()?;
        let findings = maintenance::check(&location).await;
        Ok(findings.context("the check of the store")?.wrong)
    }

    /// Removes it.
    ///
    /// # Errors
    /// A server that has failed.
    pub async fn remove(self) -> Result<()> {
        match self.database {
            Some((server, name)) => server.remove(&name).await,
            None => Ok(()),
        }
    }
}
