//! Faults as they strike a crew.

use super::{Fault, Kind, Setting};
use crate::crew::{Coordinator, Proxy, Weather, Worker, api::Api};
use anyhow::Result;
use std::{path::Path, time::Duration};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

/// How long a fault waits for a worker to have a process that runs a trial.
const SLOT: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(20);
/// By how much of its time a late connection is late.
const LATENESS: u32 = 20;

/// A coordinator, workers, and the networks between them. Faults of different parts strike at the same time, those of one
/// part one after the other.
pub struct Crew {
    coordinator: Mutex<Coordinator>,
    workers: Vec<Mutex<Worker>>,
    networks: Vec<Mutex<Proxy>>,
    api: Api,
}

impl Crew {
    /// Starts everybody; store and logs are in `folder`.
    ///
    /// # Errors
    /// A process that does not come up.
    pub async fn start(store: &Path, folder: &Path, setting: Setting) -> Result<Self> {
        let coordinator = Coordinator::start(store, folder, setting.lease()).await?;
        let (mut workers, mut networks) = (Vec::new(), Vec::new());
        for index in 0..setting.workers {
            let proxy = Proxy::start(coordinator.address()).await?;
            workers.push(Mutex::new(Worker::start(index, proxy.address(), folder)?));
            networks.push(Mutex::new(proxy));
        }
        Ok(Self {
            api: coordinator.api(),
            coordinator: Mutex::new(coordinator),
            workers,
            networks,
        })
    }

    /// The coordinator's API.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Ends every process in good order.
    ///
    /// # Errors
    /// A process that had died by itself, or that ends with an error.
    pub async fn stop(&self) -> Result<()> {
        for worker in &self.workers {
            worker.lock().await.program().terminate().await?;
        }
        self.coordinator.lock().await.program().terminate().await
    }

    /// Strikes, and undoes what was done. Says whether there was something to strike.
    ///
    /// # Errors
    /// A process that does not end as it should, or does not come up again.
    pub async fn strike(&self, fault: &Fault) -> Result<bool> {
        match fault.kind {
            Kind::WorkerKilled => {
                let mut worker = self.workers[fault.worker].lock().await;
                worker.program().kill().await?;
                sleep(fault.lasts()).await;
                worker.start_again()?;
            }
            Kind::WorkerTerminated => {
                let mut worker = self.workers[fault.worker].lock().await;
                worker.program().terminate().await?;
                sleep(fault.lasts()).await;
                worker.start_again()?;
            }
            Kind::SlotKilled => {
                let worker = self.workers[fault.worker].lock().await;
                let Some(slot) = slot(&worker).await else {
                    return Ok(false);
                };
                crate::process::signal(slot, libc::SIGKILL);
            }
            Kind::WorkerStopped => pause(self.workers[fault.worker].lock().await.program(), fault).await,
            Kind::CoordinatorStopped => pause(self.coordinator.lock().await.program(), fault).await,
            Kind::CoordinatorKilled => {
                let mut coordinator = self.coordinator.lock().await;
                coordinator.program().kill().await?;
                sleep(fault.lasts()).await;
                coordinator.start_again().await?;
            }
            Kind::WorkerCutOff => self.weather(fault, Weather::Cut).await,
            Kind::WorkerUnheard => self.weather(fault, Weather::Held).await,
            Kind::WorkerLate => self.weather(fault, Weather::Late(fault.lasts() / LATENESS)).await,
        }
        Ok(true)
    }

    async fn weather(&self, fault: &Fault, weather: Weather) {
        let proxy = self.networks[fault.worker].lock().await;
        proxy.set(weather);
        sleep(fault.lasts()).await;
        proxy.set(Weather::Fair);
    }
}

async fn pause(program: &mut crate::crew::Program, fault: &Fault) {
    program.signal(libc::SIGSTOP);
    sleep(fault.lasts()).await;
    program.signal(libc::SIGCONT);
}

/// The process of a worker's slot, soon.
async fn slot(worker: &Worker) -> Option<u32> {
    let begin = Instant::now();
    while begin.elapsed() < SLOT {
        if let Some(slot) = worker.slot() {
            return Some(slot);
        }
        sleep(GLANCE).await;
    }
    None
}
