//! The processes that `augur run` starts: a coordinator and its workers, kept alive, stopped in order.
//!
//! Each child holds the read end of a pipe whose write end only this process has: when this process ends, however it
//! ends, the pipe closes and the child stops by itself.

mod announcement;
mod budget;
mod service;

use crate::{
    failure::{Exit, Failure},
    folder::RunFolder,
    programs,
};
use announcement::Addresses;
use augur_channel::Access;
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

/// The running children.
pub struct Crew {
    /// How to reach the coordinator.
    pub access: Access,
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
        let store = folder.store().display().to_string();
        let program = |listen: &str, http: &str| -> Result<Program, Failure> {
            Ok(Program {
                name: "coordinator".into(),
                path: programs::require(programs::COORDINATOR)?,
                args: [
                    "--listen",
                    listen,
                    "--http",
                    http,
                    "--store",
                    &store,
                    "--exit-with-stdin",
                ]
                .map(String::from)
                .into(),
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
                access: Access::plain(&api).map_err(|fault| Failure::new(Exit::CannotStart, fault.to_string()))?,
                page: format!("http://{page}/"),
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
