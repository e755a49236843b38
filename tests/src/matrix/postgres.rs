//! A PostgreSQL server for a while: in a folder in memory, where there is one, and on a Unix socket there.

use anyhow::Result;
use augur_coordinator::{Config, Coordinator, Settings, clock::SystemClock};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// The database that each run's is a copy of.
const TEMPLATE: &str = "augur_template";

/// It holds out without the disk: what is tested is the death of processes, not of machines.
const SETTINGS: [&str; 5] = [
    "max_connections=200",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_wal_size=4GB",
];

/// A running server.
pub struct Server {
    admin: Mutex<PgConnection>,
    databases: AtomicU64,
    running: augur_postgres::Server,
    // Goes after the server.
    _folder: TempDir,
}

impl Server {
    /// Makes and starts one in a folder of its own under `parent`, with a database to be copied.
    ///
    /// # Errors
    /// PostgreSQL isn't installed, or doesn't start.
    pub async fn start(parent: &Path) -> Result<Self> {
        Self::start_on(parent, None).await
    }

    /// The same, which listens on a port of loopback too.
    ///
    /// # Errors
    /// PostgreSQL isn't installed, or doesn't start.
    pub async fn start_on(parent: &Path, port: Option<u16>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("augur-postgres-").tempdir_in(parent)?;
        let port = port.map(|port| format!("port={port}"));
        let mut settings = SETTINGS.to_vec();
        if let Some(port) = &port {
            settings.extend(["listen_addresses=127.0.0.1", port]);
        }
        let running = augur_postgres::Server::start(folder.path(), &settings)?;
        let server = Self {
            admin: Mutex::new(PgConnection::connect(&running.url("postgres")).await?),
            databases: AtomicU64::new(0),
            running,
            _folder: folder,
        };
        server.make_template().await?;
        Ok(server)
    }

    /// Has a coordinator make its tables in the database that is copied.
    async fn make_template(&self) -> Result<()> {
        self.execute(format!("CREATE DATABASE {TEMPLATE}")).await?;
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            store: self.running.url(TEMPLATE).parse()?,
            safety: Default::default(),
            settings: Settings::default(),
        };
        let coordinator = Coordinator::start(config, Arc::new(SystemClock::default())).await?;
        Ok(coordinator.stop().await?)
    }

    async fn execute(&self, sql: String) -> Result<()> {
        let mut admin = self.admin.lock().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *admin).await?;
        Ok(())
    }

    /// A new database with empty tables: its name and its address.
    ///
    /// # Errors
    /// A server that has failed.
    pub async fn database(&self) -> Result<(String, String)> {
        let name = format!("run_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute(format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
            .await?;
        let url = self.running.url(&name);
        Ok((name, url))
    }

    /// Removes a database, whoever is still connected.
    ///
    /// # Errors
    /// A server that has failed.
    pub async fn remove(&self, database: &str) -> Result<()> {
        self.execute(format!("DROP DATABASE {database} WITH (FORCE)")).await
    }
}
