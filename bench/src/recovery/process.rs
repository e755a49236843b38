//! The coordinator and workers as processes that end with whoever holds them.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};

/// Where the programs lie.
#[derive(Debug)]
pub struct Programs {
    pub coordinator: PathBuf,
    pub worker: PathBuf,
}

/// A process that is killed when it is let go.
pub(super) struct Process(Child);

impl Process {
    /// Sends SIGKILL, without waiting for the end.
    pub fn kill(&mut self) -> Result<()> {
        Ok(self.0.kill()?)
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> Result<()> {
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Programs {
    /// A coordinator on the store of a folder, and its URL. Standard input ends with this process, and so does it.
    pub(super) fn coordinator(&self, folder: &Path, lease: Duration) -> Result<(Process, String)> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join("coordinator.log"))?;
        let mut child = Command::new(&self.coordinator)
            .args([
                "--listen",
                "127.0.0.1:0",
                "--http",
                "off",
                "--exit-with-stdin",
                "--store",
            ])
            .arg(folder.join("store.sqlite"))
            .args(["--lease-seconds", &lease.as_secs_f64().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} can't be started", self.coordinator.display()))?;
        let stdout = child.stdout.take().context("its standard output is a pipe")?;
        let process = Process(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ");
        let url = url.with_context(|| format!("the coordinator did not come up; see {}", folder.display()))?;
        Ok((process, url.to_owned()))
    }

    /// A worker of one slot.
    pub(super) fn worker(&self, folder: &Path, url: &str) -> Result<Process> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join("workers.log"))?;
        let child = Command::new(&self.worker)
            .args(["--coordinator", url, "--slots", "1", "--exit-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} can't be started", self.worker.display()))?;
        Ok(Process(child))
    }
}
