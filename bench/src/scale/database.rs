//! A store of its own for each measurement: an SQLite file, or a throw-away PostgreSQL server with its settings as they come,
//! `fsync` among them.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tempfile::TempDir;

const MISSING: &str = "PostgreSQL is not installed: initdb and postgres are neither on PATH nor in /usr/lib/postgresql";

/// What keeps a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A store that goes with whoever holds it.
pub struct Database {
    folder: TempDir,
    server: Option<Child>,
}

impl Database {
    pub fn new(kind: Kind, parent: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("scale-").tempdir_in(parent)?;
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(start(folder.path())?),
        };
        Ok(Self { folder, server })
    }

    /// Where logs can go.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// As augur's programs are told.
    pub fn location(&self) -> String {
        let folder = self.folder.path().display();
        match self.server {
            None => format!("{folder}/store.sqlite"),
            Some(_) => format!("postgres://augur@localhost/postgres?host={folder}"),
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

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // In order: its other processes end before it, and the folder can go.
            let _ = Command::new("kill").args(["-INT", &server.id().to_string()]).status();
            let _ = server.wait();
        }
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

fn start(folder: &Path) -> Result<Child> {
    let programs = programs().context(MISSING)?;
    let owner = owner();
    if let Some((user, group)) = owner {
        chown(folder, Some(user), Some(group))?;
    }
    let command = |program: &str| {
        let mut command = Command::new(programs.join(program));
        command.current_dir(folder).env("LC_ALL", "C").stdin(Stdio::null());
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
            "--pgdata=data",
        ])
        .output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut server = command("postgres");
    server
        .args(["-D", "data", "-k"])
        .arg(folder)
        .args(["-c", "listen_addresses="]);
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
    Ok(child)
}

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
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
