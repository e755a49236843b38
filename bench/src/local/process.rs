//! The coordinator and workers as processes that end with whoever holds them.

use std::{
    ffi::OsStr,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};

/// Where the programs lie.
#[derive(Clone, Debug)]
pub struct Programs {
    pub coordinator: PathBuf,
    pub worker: PathBuf,
}

/// A process that is killed when it is let go.
pub struct Process(Child);

impl Process {
    /// Holds a process that was started.
    pub fn new(child: Child) -> Self {
        Self(child)
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends SIGKILL, without waiting for the end.
    pub fn kill(&mut self) -> Result<()> {
        Ok(self.0.kill()?)
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> Result<()> {
        self.0.wait()?;
        Ok(())
    }

    /// Ends standard input, which is how a coordinator is told to stop, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A coordinator that listens.
pub struct Coordinator {
    pub process: Process,
    pub url: String,
    /// Its page for browsers.
    pub page: String,
}

impl Programs {
    /// A coordinator on the store of a folder, and its URL. Standard input ends with this process, and so does it.
    pub fn coordinator(&self, folder: &Path, lease: Duration) -> Result<(Process, String)> {
        let started = self.coordinator_on(folder.join("store.sqlite"), folder, lease)?;
        Ok((started.process, started.url))
    }

    /// A coordinator on any store; its log goes into the folder.
    pub fn coordinator_on(&self, store: impl AsRef<OsStr>, folder: &Path, lease: Duration) -> Result<Coordinator> {
        let mut child = Command::new(&self.coordinator)
            .args(["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--exit-with-stdin"])
            .arg("--store")
            .arg(store)
            .args(["--lease-seconds", &lease.as_secs_f64().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log(folder, "coordinator.log")?)
            .spawn()
            .with_context(|| format!("{} can't be started", self.coordinator.display()))?;
        let stdout = child.stdout.take().context("its standard output is a pipe")?;
        let process = Process(child);
        let mut lines = BufReader::new(stdout).lines();
        let mut address = |what: &str| -> Result<String> {
            let line = lines.next().transpose()?.unwrap_or_default();
            let url = line.strip_prefix(what).map(|url| url.trim().to_owned());
            url.with_context(|| format!("the coordinator did not come up; see {}", folder.display()))
        };
        Ok(Coordinator {
            url: address("listening on ")?,
            page: address("page on ")?,
            process,
        })
    }

    /// A worker of one slot.
    pub fn worker(&self, folder: &Path, url: &str) -> Result<Process> {
        let child = Command::new(&self.worker)
            .args(["--coordinator", url, "--slots", "1", "--exit-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log(folder, "workers.log")?)
            .spawn()
            .with_context(|| format!("{} can't be started", self.worker.display()))?;
        Ok(Process(child))
    }
}

fn log(folder: &Path, name: &str) -> Result<File> {
    Ok(File::options().create(true).append(true).open(folder.join(name))?)
}
