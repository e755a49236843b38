//! A PostgreSQL server for a while: in a folder of its own, on a Unix socket there, and gone with whoever holds it. For tests and
//! benchmarks; what is on the machine is used (Debian: postgresql).

use anyhow::{Context, Result, bail, ensure};
use std::{
    env, fs, io,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// What is missing where [`programs`] finds nothing.
pub const MISSING: &str =
    "PostgreSQL is not installed: initdb and postgres are neither on PATH nor in /usr/lib/postgresql";

/// A server.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    settings: Vec<String>,
    owner: Option<(u32, u32)>,
    child: Option<Child>,
}

impl Server {
    /// Makes one in the folder `folder`, which is there and empty, with settings such as `fsync=off`, and starts it.
    ///
    /// # Errors
    /// PostgreSQL isn't installed, or doesn't start.
    pub fn start(folder: &Path, settings: &[&str]) -> Result<Self> {
        let mut server = Self {
            programs: programs().context(MISSING)?,
            folder: fs::canonicalize(folder)?,
            settings: settings.iter().map(ToString::to_string).collect(),
            owner: owner(),
            child: None,
        };
        if let Some((user, group)) = server.owner {
            chown(folder, Some(user), Some(group))?;
        }
        let made = server
            .command("initdb")
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
        server.launch()?;
        Ok(server)
    }

    /// The folder of its socket and its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        let port = self
            .settings
            .iter()
            .rev()
            .find_map(|setting| setting.strip_prefix("port="));
        let port = port.unwrap_or("5432");
        format!(
            "postgres://augur@localhost:{port}/{database}?host={}",
            self.folder.display()
        )
    }

    /// SIGKILL for its first process, as when it crashes; the others end when they notice.
    ///
    /// # Errors
    /// The system's.
    pub fn kill(&mut self) -> io::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        child.kill()?;
        child.wait().map(drop)
    }

    /// Starts it on what is there; comes back once it accepts connections.
    ///
    /// # Errors
    /// It does not start; with what it said.
    pub fn launch(&mut self) -> Result<()> {
        // Processes of the one that was killed may still hold its memory: then it ends at once, and is started again.
        while !self.try_launch()? {}
        Ok(())
    }

    fn try_launch(&mut self) -> Result<bool> {
        let mut postgres = self.command("postgres");
        postgres.args(["-D", "data", "-k"]).arg(&self.folder);
        let own = ["listen_addresses=", "logging_collector=off"].map(str::to_owned);
        // Of two that are the same the later one counts.
        for setting in own.iter().chain(&self.settings) {
            postgres.args(["-c", setting]);
        }
        let mut child = postgres.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(child.stderr.take().context("its log is a pipe")?);
        let (mut line, mut said) = (String::new(), String::new());
        while !line.contains("ready to accept connections") {
            line.clear();
            if log.read_line(&mut line)? == 0 {
                child.wait()?;
                if said.contains("shared memory") {
                    return Ok(false);
                }
                bail!("PostgreSQL did not start: {said}");
            }
            said.push_str(&line);
        }
        // A pipe that nobody empties would stop it one day.
        std::thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        self.child = Some(child);
        Ok(true)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .current_dir(&self.folder)
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        // PostgreSQL does not run as root.
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // In order: its other processes end before it, and the folder can go.
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

/// The folder of PostgreSQL's programs; none where it is not installed.
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
