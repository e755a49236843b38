//! A coordinator's process with its store; after each start it has another address, of which its watchers hear.

use super::{Program, api::Api};
use crate::bin;
use anyhow::{Context, Result};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    sync::watch,
    time::timeout,
};

/// A store is opened well within this.
const START: Duration = Duration::from_secs(60);

/// A coordinator that can be killed and started again on the same store.
pub struct Coordinator {
    store: PathBuf,
    log: PathBuf,
    lease: Duration,
    program: Program,
    address: watch::Sender<SocketAddr>,
}

impl Coordinator {
    /// Starts one with its store at `store`, its log in `logs`, and leases of `lease`.
    ///
    /// # Errors
    /// With what it said, where it does not come up.
    pub async fn start(store: &Path, logs: &Path, lease: Duration) -> Result<Self> {
        let log = logs.join("coordinator.log");
        let (program, address) = listen(store, &log, lease).await?;
        Ok(Self {
            store: store.to_owned(),
            log,
            lease,
            program,
            address: watch::Sender::new(address),
        })
    }

    /// Its process.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// Starts it again on the same store.
    ///
    /// # Errors
    /// With what it said, where it does not come up.
    pub async fn start_again(&mut self) -> Result<()> {
        let (program, address) = listen(&self.store, &self.log, self.lease).await?;
        self.program = program;
        self.address.send_replace(address);
        Ok(())
    }

    /// Where it listens, now and after each start.
    pub fn address(&self) -> watch::Receiver<SocketAddr> {
        self.address.subscribe()
    }

    /// Its API, without a detour.
    pub fn api(&self) -> Api {
        Api::new(self.address())
    }
}

async fn listen(store: &Path, log: &Path, lease: Duration) -> Result<(Program, SocketAddr)> {
    let mut command = Command::new(bin::path("augur-coordinator"));
    command
        .args([
            "--listen",
            "127.0.0.1:0",
            "--http",
            "off",
            "--exit-with-stdin",
            "--store",
        ])
        .arg(store)
        .args(["--lease-seconds", &lease.as_secs_f64().to_string()])
        .stdout(Stdio::piped());
    let mut program = Program::start("the coordinator", command, log)?;
    let stdout = program.stdout().context("its standard output is a pipe")?;
    let mut line = String::new();
    timeout(START, BufReader::new(stdout).read_line(&mut line))
        .await
        .with_context(|| format!("the coordinator said no address within {START:?}"))??;
    let address = line.trim().strip_prefix("listening on http://");
    let address = address.with_context(|| format!("the coordinator did not come up; see {}", log.display()))?;
    Ok((program, address.parse()?))
}
