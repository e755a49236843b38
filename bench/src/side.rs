//! A side of a comparison: a child process that answers one line of JSON to each command.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

/// A running child process.
pub struct Side {
    name: String,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Side {
    /// Starts `command`.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name}: {command:?} can't be started"))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.context("the child's pipes are open")?;
        Ok(Self {
            name: name.to_owned(),
            child,
            stdin,
            stdout: BufReader::new(stdout),
        })
    }

    /// The child's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The answer to a command.
    pub fn ask<T: DeserializeOwned>(&mut self, command: &str) -> Result<T> {
        let asked = format!("{}: {command}", self.name);
        writeln!(self.stdin, "{command}").with_context(|| asked.clone())?;
        self.stdin.flush().with_context(|| asked.clone())?;
        let mut line = String::new();
        self.stdout.read_line(&mut line).with_context(|| asked.clone())?;
        serde_json::from_str(&line).with_context(|| format!("{asked} was answered with {line:?}"))
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
