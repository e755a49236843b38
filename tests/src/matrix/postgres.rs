//! A PostgreSQL server for a while: in a folder in memory, where there is one, and on a Unix socket there.

use anyhow::{Context, Result, ensure};
use augur_coordinator::{Config, Coordinator, Settings, clock::SystemClock};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
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
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "logging_collector=off",
    "max_connections=200",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_wal_size=4GB",
];

const MISSING: &str = "PostgreSQL is not installed: initdb and postgres are neither on PATH nor in /usr/lib/postgresql; \
                       install it, or leave it out with --store sqlite";

/// A running server.
pub struct Server {
    child: Child,
    folder: TempDir,
    port: Option<u16>,
    admin: Mutex<PgConnection>,
    databases: AtomicU64,
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
        let programs = programs().context(MISSING)?;
        let folder = tempfile::Builder::new().prefix("augur-postgres-").tempdir_in(parent)?;
        let owner = owner();
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let command = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command
                .current_dir(folder.path())
                .env("LC_ALL", "C")
                .stdin(Stdio::null());
            // PostgreSQL does not run as root.
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command
        };
        let made = command("initdb")
            .args([
                "--username=augur",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ])
            .arg("--pgdata=data")
            .output()?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = command("postgres");
        server.args(["-D", "data", "-k"]).arg(folder.path());
        for setting in SETTINGS {
            server.args(["-c", setting]);
        }
        if let Some(port) = port {
            // The later setting is the one that counts. Its socket is named after the port.
            server
                .args(["-c", "listen_addresses=127.0.0.1", "-c"])
                .arg(format!("port={port}"));
        }
        let mut child = server.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(child.stderr.take().context("its log is a pipe")?);
        let (mut line, mut said) = (String::new(), String::new());
        while !line.contains("ready to accept connections") {
            line.clear();
            ensure!(log.read_line(&mut line)? > 0, "PostgreSQL did not start: {said}");
            said.push_str(&line);
        }
        // A pipe that nobody empties would stop it one day.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let admin = PgConnection::connect(&url(folder.path(), port, "postgres")).await?;
        let server = Self {
            child,
            folder,
            port,
            admin: Mutex::new(admin),
            databases: AtomicU64::new(0),
        };
        server.make_template().await?;
        Ok(server)
    }

    /// Has a coordinator make its tables in the database that is copied.
    async fn make_template(&self) -> Result<()> {
        self.execute(format!("CREATE DATABASE {TEMPLATE}")).await?;
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            store: url(self.folder.path(), self.port, TEMPLATE).parse()?,
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
        let url = url(self.folder.path(), self.port, &name);
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

impl Drop for Server {
    fn drop(&mut self) {
        // In order: its other processes end before it, and the folder can go.
        let _ = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}

fn url(folder: &Path, port: Option<u16>, database: &str) -> String {
    let port = port.unwrap_or(5432);
    format!("postgres://augur@localhost:{port}/{database}?host={}", folder.display())
}

/// The folder of PostgreSQL's programs.
pub fn programs() -> Option<PathBuf> {
    let has_all = |folder: &Path| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let path = env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    env::split_paths(&path).chain(debian).find(|folder| has_all(folder))
}

/// Whom the server runs as where this program is root: user and group.
fn owner() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let of = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}
