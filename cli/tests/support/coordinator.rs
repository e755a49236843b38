//! A real coordinator without workers.

use super::{Sandbox, program};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

/// A coordinator that ends with the test.
pub struct Coordinator {
    process: Child,
    pub url: String,
}

impl Coordinator {
    /// With a new store in the folder.
    pub fn start(sandbox: &Sandbox) -> Self {
        Self::start_at(sandbox, "127.0.0.1:0")
    }

    /// The same at an address.
    pub fn start_at(sandbox: &Sandbox, address: &str) -> Self {
        let arguments = ["--listen", address, "--http", "off", "--store", "store.sqlite"];
        let mut command = sandbox.command(&program("augur-coordinator"), &arguments);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, url }
    }

    /// A command that asks it.
    pub fn arguments<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        [command, &["--coordinator", &self.url]].concat()
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
