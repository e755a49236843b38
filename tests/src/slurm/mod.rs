//! A Slurm of a test's own: munged, slurmctld and two nodes as processes of this machine, in a temporary folder and gone with
//! the test. Its partition `low` may be pre-empted, `high` (of the first node) does that.

mod config;
mod launch;

pub use launch::{LIMIT, Launch};

use crate::process::wait_for;
use std::{
    env,
    fs::{self, File},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const START: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(60);
/// Where Debian has the daemons, beside PATH.
const FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// A running Slurm.
pub struct Cluster {
    folder: TempDir,
    daemons: Vec<Child>,
}

/// A job, or a task of an array, as squeue lists it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Of a task, of its array.
    pub job: String,
    /// "12" or "13_0".
    pub shown: String,
    /// "RUNNING" and so on.
    pub state: String,
    /// Where it runs.
    pub node: String,
}

impl Cluster {
    /// A new one; none, with the reason on stderr, unless AUGUR_REQUIRE_SLURM is set, for this takes minutes.
    ///
    /// # Panics
    /// Where Slurm is not installed or does not come up.
    pub fn start() -> Option<Self> {
        if env::var_os("AUGUR_REQUIRE_SLURM").is_none() {
            eprintln!("skipped: `make slurm-test` runs it");
            return None;
        }
        let missing = ["munged", "slurmctld", "slurmd"]
            .into_iter()
            .find(|name| find(name).is_none());
        assert!(
            missing.is_none(),
            "{missing:?} is not installed; see scripts/slurm-tools"
        );
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        let mut cluster = Self {
            folder,
            daemons: Vec::new(),
        };
        cluster.write_files();
        let (key, socket) = (cluster.path("munge.key"), cluster.path("munge.socket"));
        let files = ["log", "pid", "seed"]
            .map(|name| format!("--{name}-file={}", cluster.path("munge").with_extension(name).display()));
        let mut munged = cluster.daemon("munged");
        munged
            .args(["--foreground", "--force"])
            .arg(format!("--key-file={}", key.display()))
            .arg(format!("--socket={}", socket.display()))
            .args(files);
        cluster.launch("munged", munged);
        wait_for("munged's socket", START, || socket.exists().then_some(()));
        let mut controller = cluster.daemon("slurmctld");
        controller.args(["-D", "-i", "-c"]);
        cluster.launch("slurmctld", controller);
        for node in config::NODES {
            let mut slurmd = cluster.daemon("slurmd");
            slurmd.args(["-D", "-N", node]);
            cluster.launch(node, slurmd);
        }
        wait_for("idle nodes", START, || {
            let output = cluster
                .command("sinfo")
                .args(["--noheader", "--format=%N %t", "--Node"])
                .output()
                .ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            config::NODES
                .iter()
                .all(|node| text.contains(&format!("{node} idle")))
                .then_some(())
        });
        Some(cluster)
    }

    /// A file of the cluster's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_files(&self) {
        let write = |name: &str, content: &[u8]| {
            let path = self.path(name);
            fs::write(&path, content).expect("the temporary folder takes files");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is our file");
        };
        let mut key = [0; 1024];
        rand::fill(&mut key[..]);
        write("munge.key", &key);
        write("slurm.conf", config::text(self.folder.path()).as_bytes());
        for folder in ["state", "spool"] {
            fs::create_dir(self.path(folder)).expect("the temporary folder takes folders");
        }
    }

    /// A command that asks this Slurm.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.path("slurm.conf"));
        command
    }

    fn daemon(&self, name: &str) -> Command {
        self.command(find(name).expect("it was looked for before"))
    }

    fn launch(&mut self, name: &str, mut command: Command) {
        let log = || {
            File::options()
                .create(true)
                .append(true)
                .open(self.path(&format!("{name}.out")))
        };
        command
            .stdin(Stdio::null())
            .stdout(log().expect("the temporary folder takes files"))
            .stderr(log().expect("the temporary folder takes files"))
            // Whatever ends the test's own group must not end Slurm before its jobs.
            .process_group(0);
        self.daemons.push(command.spawn().expect("a daemon of Slurm starts"));
    }

    /// Runs a command of Slurm's; what it prints.
    ///
    /// # Panics
    /// With what it said, where it fails.
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .expect("Slurm's commands are here");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Everything that squeue knows, each task of an array by itself.
    ///
    /// # Panics
    /// Where squeue fails.
    pub fn jobs(&self) -> Vec<Job> {
        let text = self.run(
            "squeue",
            &["--noheader", "--array", "--states=all", "--format=%F|%i|%T|%N"],
        );
        let job = |line: &str| {
            let mut fields = line.split('|').map(|field| field.trim().to_owned());
            Some(Job {
                job: fields.next()?,
                shown: fields.next()?,
                state: fields.next()?,
                node: fields.next()?,
            })
        };
        text.lines().filter_map(job).collect()
    }

    /// How often a job was put back into the queue.
    ///
    /// # Panics
    /// Where scontrol does not know the job.
    pub fn restarts(&self, job: &str) -> u32 {
        let text = self.run("scontrol", &["show", "job", "--oneliner", job]);
        let restarts = text.split_whitespace().find_map(|word| word.strip_prefix("Restarts="));
        restarts
            .and_then(|number| number.parse().ok())
            .expect("scontrol says how often it began")
    }

    /// Cancels every job and waits for their ends: no process outlives the test.
    fn end_jobs(&self) {
        let _ = self
            .command("scancel")
            .args(["--quiet", "--user", &config::user()])
            .output();
        let begin = std::time::Instant::now();
        while begin.elapsed() < END {
            // By default only those that wait, run or end are listed.
            let left = self.command("squeue").arg("--noheader").output();
            if left.is_ok_and(|left| !left.status.success() || left.stdout.trim_ascii().is_empty()) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.daemons.len() > 1 {
            self.end_jobs();
        }
        if std::thread::panicking() && env::var_os("AUGUR_KEEP").is_some() {
            self.folder.disable_cleanup(true);
            eprintln!("kept: {}", self.folder.path().display());
        }
        for daemon in self.daemons.iter_mut().rev() {
            crate::process::signal(daemon.id(), libc::SIGTERM);
            let begin = std::time::Instant::now();
            while matches!(daemon.try_wait(), Ok(None)) && begin.elapsed() < Duration::from_secs(10) {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// A program on PATH or where daemons are.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FOLDERS.iter().map(|folder| Path::new(folder).to_owned()));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
