//! A PostgreSQL server of a test's own: in a temporary folder, on a Unix socket there, and gone with the test.

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A running server.
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    owner: Option<(u32, u32)>,
    child: Option<Child>,
}

impl Server {
    /// A new server; none, with the reason on stderr, where PostgreSQL is not installed. With AUGUR_REQUIRE_POSTGRES it has to
    /// be.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            let required = env::var_os("AUGUR_REQUIRE_POSTGRES").is_some();
            assert!(
                !required,
                "AUGUR_REQUIRE_POSTGRES is set, and PostgreSQL is not installed"
            );
            eprintln!("skipped: PostgreSQL (initdb, postgres) is neither on PATH nor in /usr/lib/postgresql");
            return None;
        };
        let mut server = Self {
            programs,
            folder: tempfile::tempdir().unwrap(),
            owner: owner(),
            child: None,
        };
        if let Some((user, group)) = server.owner {
            chown(server.folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = server.data();
        let mut initdb = server.command("initdb");
        initdb
            .args([
                "--username=augur",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "--pgdata",
            ])
            .arg(data);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.launch();
        Some(server)
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://augur@localhost/{database}?host={}",
            self.folder.path().display()
        )
    }

    /// SIGKILL for the server's first process, as when it crashes; the others end when they notice.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it on what is there; comes back once it accepts connections.
    pub fn launch(&mut self) {
        // Processes of the one that was killed may still hold its memory: then it ends at once, and is started again.
        while !self.try_launch() {}
    }

    fn try_launch(&mut self) -> bool {
        let mut child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "logging_collector=off",
                "-c",
                "max_connections=40",
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let mut before = String::new();
        while !line.contains("ready to accept connections") {
            line.clear();
            if log.read_line(&mut line).unwrap() == 0 {
                child.wait().unwrap();
                assert!(before.contains("shared memory"), "PostgreSQL did not start: {before}");
                return false;
            }
            before.push_str(&line);
        }
        // A pipe that nobody empties would stop it one day.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        self.child = Some(child);
        true
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.env("LC_ALL", "C");
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

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let has_all = |folder: &Path| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    let path = env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    env::split_paths(&path).chain(debian).find(|folder| has_all(folder))
}

/// Whom the server runs as where this test is root: user and group.
fn owner() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users: Vec<String> = BufReader::new(File::open("/etc/passwd").ok()?)
        .lines()
        .map_while(Result::ok)
        .collect();
    let of = |name: &str| {
        let fields: Vec<_> = users
            .iter()
            .find(|line| line.starts_with(&format!("{name}:")))?
            .split(':')
            .collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}
