//! A worker's process, which reaches the coordinator through a proxy of its own.

use super::Program;
use crate::{bin, process::descendants};
use anyhow::Result;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

/// A worker of one slot that can be killed and started again.
pub struct Worker {
    name: String,
    log: PathBuf,
    coordinator: SocketAddr,
    program: Program,
}

impl Worker {
    /// Starts worker `index` for the coordinator, or a proxy of it, at `coordinator`; its log is in `logs`.
    ///
    /// # Errors
    /// A program that can't be started.
    pub fn start(index: usize, coordinator: SocketAddr, logs: &Path) -> Result<Self> {
        let name = format!("worker-{index}");
        let log = logs.join(format!("{name}.log"));
        Ok(Self {
            program: start(&name, coordinator, &log)?,
            name,
            log,
            coordinator,
        })
    }

    /// Its process.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Starts it again: to the coordinator it is another worker.
    ///
    /// # Errors
    /// A program that can't be started.
    pub fn start_again(&mut self) -> Result<()> {
        self.program = start(&self.name, self.coordinator, &self.log)?;
        Ok(())
    }

    /// The process of its slot, if it has one now.
    pub fn slot(&self) -> Option<u32> {
        descendants(self.program.pid(), "augur-worker slot").first().copied()
    }
}

fn start(name: &str, coordinator: SocketAddr, log: &Path) -> Result<Program> {
    let mut command = Command::new(bin::path("augur-worker"));
    command
        .args(["--exit-with-stdin", "--slots", "1", "--coordinator"])
        .arg(format!("http://{coordinator}"))
        .current_dir(bin::workspace())
        .stdout(Stdio::null());
    Program::start(name, command, log)
}
