//! Starting processes that are told when to begin: loads, and the others' clients.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

use super::load::{Done, Job};

/// A process that has said `ready`.
pub(super) struct Ready {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Ready {
    /// Starts one and waits until it is ready.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut started = Self::begin(command)?;
        started.wait()?;
        Ok(started)
    }

    /// Starts one, without waiting.
    pub fn begin(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{:?} can't be started", command.get_program()))?;
        let stdin = child.stdin.take().context("a pipe")?;
        let lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
        Ok(Self { child, stdin, lines })
    }

    /// Waits until it is ready.
    pub fn wait(&mut self) -> Result<()> {
        let line = self.lines.next().transpose()?.unwrap_or_default();
        ensure!(line == "ready", "instead of being ready it says {line:?}");
        Ok(())
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it begin.
    pub fn go(&mut self) -> Result<()> {
        Ok(writeln!(self.stdin, "go")?)
    }

    /// What it says at its end.
    pub fn end<T: DeserializeOwned>(mut self) -> Result<T> {
        let line = self.lines.next().transpose()?;
        let status = self.child.wait()?;
        ensure!(status.success(), "a process of the load ended with {status}");
        Ok(serde_json::from_str(&line.context("it said nothing")?)?)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process of this program that is ready to do a job.
pub(super) fn load(job: &Job) -> Result<Ready> {
    let program = std::env::current_exe()?;
    Ready::start(Command::new(program).arg("load").arg(serde_json::to_string(job)?))
}

/// Several at once: what all of them did.
pub(super) fn together(mut loads: Vec<Ready>) -> Result<Vec<Done>> {
    for load in &mut loads {
        load.go()?;
    }
    loads.into_iter().map(Ready::end).collect()
}
