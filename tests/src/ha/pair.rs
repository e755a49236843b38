//! Two coordinators' processes on one store, each with its own way to the server.

use super::fault::Fault;
use crate::{
    bin,
    crew::{Program, Proxy, Weather},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{process::Command, sync::watch, time::sleep};
use tonic::transport::Endpoint;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

/// Within this a pair has one leader and one that stands by, after whatever happened to it.
const SETTLES: Duration = Duration::from_secs(60);
/// How long a health check may take.
const PROMPT: Duration = Duration::from_secs(1);

/// One of the two.
struct Seat {
    address: SocketAddr,
    proxy: Proxy,
    /// Keeps the proxy's target.
    _target: watch::Sender<SocketAddr>,
    store: String,
    log: PathBuf,
    program: Program,
}

/// Both.
pub struct Pair {
    seats: [Seat; 2],
    admin: String,
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

impl Pair {
    /// Starts both on `database` of the server at `port`.
    ///
    /// # Errors
    /// What can't be started.
    pub async fn start(port: u16, database: &str, logs: &Path) -> Result<Self> {
        let first = Seat::start("first", port, database, logs).await?;
        let second = Seat::start("second", port, database, logs).await?;
        Ok(Self {
            seats: [first, second],
            admin: format!("postgres://augur@127.0.0.1:{port}/{database}"),
        })
    }

    /// Both addresses, as workers and clients take them.
    pub fn addresses(&self) -> String {
        let each: Vec<_> = self.seats.iter().map(|seat| seat.address.to_string()).collect();
        each.join(",")
    }

    /// The store's address, without a proxy.
    pub fn store(&self) -> &str {
        &self.admin
    }

    /// Which one leads, once one does and the other one stands by.
    ///
    /// # Errors
    /// They do not come to that.
    pub async fn leader(&self) -> Result<usize> {
        let begin = Instant::now();
        loop {
            let health = (self.seats[0].health().await, self.seats[1].health().await);
            match health {
                (Some(true), Some(false)) => return Ok(0),
                (Some(false), Some(true)) => return Ok(1),
                _ if begin.elapsed() > SETTLES => bail!("they do not settle: one leads, {health:?}"),
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Has a fault strike one of them.
    ///
    /// # Errors
    /// A process that does not end as it should.
    pub async fn strike(&mut self, fault: Fault, at: usize) -> Result<()> {
        let seat = &mut self.seats[at];
        match fault {
            Fault::Killed => seat.program.kill().await,
            // The measurement begins with the signal; its end is looked at when this is undone.
            Fault::Terminated => {
                seat.program.signal(libc::SIGTERM);
                Ok(())
            }
            Fault::Frozen => {
                seat.program.signal(libc::SIGSTOP);
                Ok(())
            }
            Fault::Cut => {
                seat.proxy.set(Weather::Cut);
                Ok(())
            }
            Fault::Held => {
                seat.proxy.set(Weather::Held);
                Ok(())
            }
            Fault::SessionEnded => Ok(()),
        }
    }

    /// Undoes it.
    ///
    /// # Errors
    /// A process that has ended though it should not, or can't be started again.
    pub async fn mend(&mut self, fault: Fault, at: usize) -> Result<()> {
        let seat = &mut self.seats[at];
        match fault {
            Fault::Terminated => {
                seat.program.terminate().await?;
                seat.start_again()?;
            }
            Fault::Killed => seat.start_again()?,
            Fault::Frozen => seat.program.signal(libc::SIGCONT),
            Fault::Cut | Fault::Held => seat.proxy.set(Weather::Fair),
            Fault::SessionEnded => {}
        }
        for seat in &mut self.seats {
            let ended = seat.program.ended();
            ensure!(
                ended.is_none(),
                "a coordinator has ended with {ended:?}; see {}",
                seat.log.display()
            );
        }
        Ok(())
    }

    /// Ends both in order.
    ///
    /// # Errors
    /// One that does not end as it should.
    pub async fn stop(mut self) -> Result<()> {
        for seat in &mut self.seats {
            seat.program.terminate().await?;
        }
        Ok(())
    }
}

impl Seat {
    async fn start(name: &str, port: u16, database: &str, logs: &Path) -> Result<Self> {
        let target = watch::Sender::new(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let proxy = Proxy::start(target.subscribe()).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let store = format!("postgres://augur@{}/{database}", proxy.address());
        let log = logs.join(format!("{name}.log"));
        Ok(Self {
            program: start(address, &store, &log)?,
            address,
            proxy,
            _target: target,
            store,
            log,
        })
    }

    fn start_again(&mut self) -> Result<()> {
        self.program = start(self.address, &self.store, &self.log)?;
        Ok(())
    }

    /// Whether it leads; nothing where it does not answer.
    async fn health(&self) -> Option<bool> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).ok()?;
        let check = async {
            let channel = endpoint.connect().await.ok()?;
            let request = HealthCheckRequest::default();
            let answer = HealthClient::new(channel).check(request).await.ok()?;
            Some(answer.into_inner().status() == ServingStatus::Serving)
        };
        tokio::time::timeout(PROMPT, check).await.ok()?
    }
}

fn start(address: SocketAddr, store: &str, log: &Path) -> Result<Program> {
    let mut command = Command::new(bin::path("augur-coordinator"));
    command
        .args(["--standby", "--http", "off", "--exit-with-stdin", "--listen"])
        .arg(address.to_string())
        .args(["--store", store])
        .stdout(Stdio::null());
    Program::start("a coordinator", command, log).context("see its log")
}
