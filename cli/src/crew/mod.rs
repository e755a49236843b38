//! The processes that `augur run` starts: a coordinator and its workers, kept alive, stopped in order.
//!
//! Each child holds the read end of a pipe whose write end only this process has: when this process ends, however it
//! ends, the pipe closes and the child stops by itself.

mod announcement;
pub mod budget;
mod service;

use crate::{
    failure::{Exit, Failure},
    folder::RunFolder,
    programs,
};
use announcement::Addresses;
use augur_channel::{Access, AccessError, Credentials};
use service::{Program, Service};
use std::time::Duration;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How long a child may take to stop in good order. A worker's trials take a checkpoint, and it gives its leases back, within 20
/// seconds; a coordinator ends its writes.
const GRACE: Duration = Duration::from_secs(25);

/// Where the page of a run is served: on this machine, wherever there is room.
const ANY_PORT: &str = "127.0.0.1:0";

/// What the user should know of the children.
#[derive(Debug)]
pub enum Notice {
    /// A line to show.
    Line(String),
    /// The sweep can't go on.
    Fatal(Failure),
}

/// How a coordinator and those who speak with it know each other.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// What is added to the coordinator's command line.
    pub coordinator: Vec<String>,
    /// What this process says of itself to it.
    pub credentials: Credentials,
    /// Whether it is spoken with over TLS.
    pub is_secure: bool,
}

impl Keys {
    fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    fn access(&self, api: &str) -> Result<Access, Failure> {
        // One that listens everywhere is reached here too.
        let here = api.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
        let addresses = format!("{}://{here}", self.scheme()).parse();
        Ok(Access {
            addresses: addresses.map_err(|fault: AccessError| Failure::new(Exit::CannotStart, fault.to_string()))?,
            credentials: self.credentials.clone(),
        })
    }
}

/// The running children.
pub struct Crew {
    /// How to reach the coordinator.
    pub access: Access,
    /// Where it listens.
    pub listen: String,
    /// The URL of its page for browsers.
    pub page: String,
    notices: mpsc::Sender<Notice>,
    coordinator: Kept,
    workers: Vec<Kept>,
}

/// A child with the task that keeps it alive.
struct Kept {
    stop: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Crew {
    /// Starts the coordinator on `listen` and waits until it serves.
    pub async fn start(folder: &RunFolder, listen: &str) -> Result<(Self, mpsc::Receiver<Notice>), Failure> {
        Self::start_with(folder, &folder.store().display().to_string(), listen, Keys::default()).await
    }

    /// The same with another store, and with keys for those who come from other machines.
    pub async fn start_with(
        folder: &RunFolder,
        store: &str,
        listen: &str,
        keys: Keys,
    ) -> Result<(Self, mpsc::Receiver<Notice>), Failure> {
        let program = |listen: &str, http: &str| -> Result<Program, Failure> {
            let args = [
                "--listen",
                listen,
                "--http",
                http,
                "--store",
                store,
                "--exit-with-stdin",
            ];
            Ok(Program {
                name: "coordinator".into(),
                path: programs::require(programs::COORDINATOR)?,
                args: args
                    .map(String::from)
                    .into_iter()
                    .chain(keys.coordinator.clone())
                    .collect(),
                log: folder.logs().join("coordinator.log"),
            })
        };
        let (service, Addresses { api, page }) = announcement::start(program(listen, ANY_PORT)?).await?;
        // A coordinator that is started again takes the same addresses, so that everybody finds it.
        let service = service.with_program(program(&api, &page)?);
        let (notices, receiver) = mpsc::channel(64);
        let coordinator = keep(service, notices.clone());
        Ok((
            Self {
                access: keys.access(&api)?,
                listen: api,
                page: format!("{}://{page}/", keys.scheme()),
                notices,
                coordinator,
                workers: Vec::new(),
            },
            receiver,
        ))
    }

    /// Starts `count` workers of `slots` slots.
    pub fn start_workers(&mut self, folder: &RunFolder, count: u32, slots: u32) -> Result<(), Failure> {
        for index in 0..count {
            let logs = folder.logs().display().to_string();
            let artifacts = folder.artifacts().root.display().to_string();
            let slots = slots.to_string();
            let url = self.access.addresses.to_string();
            let args = [
                "--coordinator",
                &url,
                "--slots",
                &slots,
                "--exit-with-stdin",
                "--log-dir",
                &logs,
                "--artifacts",
                &artifacts,
            ];
            let program = Program {
                name: format!("worker {index}"),
                path: programs::require(programs::WORKER)?,
                args: args.map(String::from).into(),
                log: folder.logs().join(format!("worker-{index}.log")),
            };
            let service = Service::start(program)?;
            self.workers.push(keep(service, self.notices.clone()));
        }
        Ok(())
    }

    /// Stops the workers, then the coordinator; whoever takes too long is killed.
    pub async fn stop(self) {
        self.workers.iter().for_each(|worker| worker.stop.cancel());
        for worker in self.workers {
            // A keeper that panicked has dropped its child, which kills it.
            let _ = worker.keeper.await;
        }
        self.coordinator.stop.cancel();
        let _ = self.coordinator.keeper.await;
    }
}

fn keep(service: Service, notices: mpsc::Sender<Notice>) -> Kept {
    let stop = CancellationToken::new();
    let keeper = tokio::spawn(service.keep_alive(stop.clone(), notices, GRACE));
    Kept { stop, keeper }
}
