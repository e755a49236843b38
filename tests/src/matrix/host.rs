//! The driver's hold on a coordinator: a child process on one store, started again when it has died.

use super::{Fault, stores::Place};
use anyhow::{Context, Result, bail};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{Instant, sleep, timeout},
};
use tonic::transport::{Channel, Endpoint};

/// What its clock shows first, in ms.
const BEGIN: i64 = 1_700_000_000_000;
/// How long a coordinator may take to start; the server may hold the lock of the one before for a moment.
const START: Duration = Duration::from_secs(20);
/// Between two attempts to start one.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a process that is dying may take.
const DEATH: Duration = Duration::from_secs(10);

/// A coordinator that may die.
pub struct Host {
    place: Place,
    now: i64,
    /// Of the process that is started first.
    fault: Option<Fault>,
    running: Option<Running>,
    /// How often it was started again.
    pub restarts: u32,
    is_first: bool,
}

struct Running {
    process: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    channel: Channel,
}

impl Host {
    /// A coordinator on a store, of which one step is disturbed.
    pub fn new(place: Place, fault: Option<Fault>) -> Self {
        Self {
            place,
            now: BEGIN,
            fault,
            running: None,
            restarts: 0,
            is_first: true,
        }
    }

    /// A connection to it; it is started if it doesn't run.
    pub async fn channel(&mut self) -> Result<Channel> {
        let end = Instant::now() + START;
        while self.running.is_none() {
            let is_first = std::mem::take(&mut self.is_first);
            // A start that fails, such as on a lock that is still held, is tried again.
            self.running = self.start().await?;
            self.restarts += u32::from(self.running.is_some() && !is_first);
            if self.running.is_none() {
                if Instant::now() > end {
                    bail!("the coordinator does not start again");
                }
                sleep(PAUSE).await;
            }
        }
        let running = self.running.as_ref().context("it was started")?;
        Ok(running.channel.clone())
    }

    /// Starts it; none where it died or gave up on the way.
    async fn start(&mut self) -> Result<Option<Running>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["coordinator", "--now", &self.now.to_string(), "--store"]);
        command.arg(self.place.location());
        // Only the first process is disturbed.
        if let Some(fault) = self.fault.take() {
            command.args(["--mode", fault.mode.name(), "--step", &fault.step.to_string()]);
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(self.place.log()?)
            .kill_on_drop(true)
            .spawn()
            .context("this program can't be started again")?;
        let stdin = process.stdin.take().context("its standard input is a pipe")?;
        let stdout = process.stdout.take().context("its standard output is a pipe")?;
        let mut stdout = BufReader::new(stdout).lines();
        let Some(line) = stdout.next_line().await? else {
            process.wait().await?;
            return Ok(None);
        };
        let url = line.strip_prefix("listening on ").context("its first line")?;
        let endpoint = Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true);
        Ok(Some(Running {
            process,
            stdin,
            stdout,
            channel: endpoint.connect().await?,
        }))
    }

    /// Moves the clock on. What was due then is done, unless the coordinator died of it.
    pub async fn advance(&mut self, by: Duration) -> Result<()> {
        let ms = i64::try_from(by.as_millis())?;
        self.channel().await?;
        let told = self.ask(&format!("advance {ms}")).await?;
        self.now += ms;
        if told.is_none() {
            self.buried().await?;
        }
        Ok(())
    }

    /// The names of the steps so far, of the process that runs now.
    pub async fn steps(&mut self) -> Result<Vec<String>> {
        self.channel().await?;
        let names = self.ask("steps").await?.context("the coordinator died at the end")?;
        Ok(serde_json::from_str(&names)?)
    }

    /// Has it do something; none where it dies instead.
    async fn ask(&mut self, line: &str) -> Result<Option<String>> {
        let running = self.running.as_mut().context("it runs")?;
        if running.stdin.write_all(format!("{line}\n").as_bytes()).await.is_err() {
            return Ok(None);
        }
        Ok(running.stdout.next_line().await?)
    }

    /// Waits for the end of a process that is dying; an error where it lives on.
    pub async fn buried(&mut self) -> Result<()> {
        if let Some(mut running) = self.running.take() {
            let died = timeout(DEATH, running.process.wait()).await;
            died.context("the coordinator does not answer, and has not died")??;
        }
        Ok(())
    }

    /// Kills it; gives its store.
    pub async fn end(mut self) -> Result<Place> {
        if let Some(mut running) = self.running.take() {
            running.process.kill().await?;
        }
        Ok(self.place)
    }
}
