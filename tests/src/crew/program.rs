//! A child process with its log: started, signalled, waited for. It ends with whoever holds it.

use crate::process;
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// How long a process may take to leave in order.
const ORDERLY: Duration = Duration::from_secs(20);

/// A running process. Dropping it kills it; it also sees the end of its standard input, should this process be killed.
pub struct Program {
    name: String,
    child: Child,
    pid: u32,
    _stdin: Option<ChildStdin>,
}

impl Program {
    /// Starts `command`; what it writes to standard error goes to the end of `log`.
    ///
    /// # Errors
    /// A program or a log that can't be opened.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut child = command
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{name} can't be started"))?;
        let pid = child.id().context("a process that was just started has an id")?;
        Ok(Self {
            name: name.to_owned(),
            _stdin: child.stdin.take(),
            child,
            pid,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its standard output, if that is a pipe that nobody has taken.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends a signal; without effect where it has ended.
    pub fn signal(&self, signal: i32) {
        // Until its end was waited for, no other process gets its id.
        if self.child.id().is_some() {
            process::signal(self.pid, signal);
        }
    }

    /// SIGKILL, and waits for its end.
    ///
    /// # Errors
    /// A process that can't be waited for.
    pub async fn kill(&mut self) -> Result<()> {
        self.signal(libc::SIGKILL);
        self.child.wait().await?;
        Ok(())
    }

    /// SIGTERM, and waits for its end in good order. One that has not come up so far that it catches the signal may die of it: it
    /// holds nothing that it could give back.
    ///
    /// # Errors
    /// A process that takes too long, or that ends with an error.
    pub async fn terminate(&mut self) -> Result<()> {
        let is_up = self.catches(libc::SIGTERM);
        self.signal(libc::SIGTERM);
        let status = timeout(ORDERLY, self.child.wait())
            .await
            .with_context(|| format!("{} did not end within {ORDERLY:?} of SIGTERM", self.name))??;
        let was_too_early = !is_up && status.signal() == Some(libc::SIGTERM);
        ensure!(
            status.success() || was_too_early,
            "{} ended after SIGTERM with {status}",
            self.name
        );
        Ok(())
    }

    /// Whether it has a handler for a signal, as the kernel says.
    fn catches(&self, signal: i32) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }
}
