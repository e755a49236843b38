//! The coordinator as the worker sees it: calls that are tried again until they are answered.
//!
//! A result in hand is not thrown away because the coordinator is away. A worker that the coordinator does not know
//! registers again, whichever call found out. Nor is it thrown away where the token is not taken any more: that is replaced in
//! its file.

mod backoff;
mod fault;
mod join;

use crate::{error::LinkError, tally::Tally};
use augur_channel::Connection;
use augur_proto::v1::{self, TrialState, sweep_service_client::SweepServiceClient};
use backoff::Backoff;
use fault::Fault;
use std::{
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tonic::{Response, Status};
use tracing::{info, warn};

pub(crate) type Client = v1::worker_service_client::WorkerServiceClient<Connection>;

/// How long a call may take, beyond what it waits for on purpose.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest wait where another coordinator may have come to lead.
const TURN: Duration = Duration::from_secs(1);

/// A handle on the coordinator; clones share one connection.
#[derive(Clone)]
pub struct Coordinator {
    connection: Connection,
    client: Client,
    sweeps: SweepServiceClient<Connection>,
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    identity: v1::RegisterWorkerRequest,
    /// Of the jitter, with the number of series of tries so far.
    seed: u64,
    series: AtomicU64,
    heartbeat_millis: AtomicU64,
    away: AtomicBool,
    tally: Arc<Tally>,
}

/// Why a call gave up.
#[derive(Debug)]
pub(crate) enum GaveUp {
    /// The lease is stale.
    Stale,
    /// The coordinator speaks another API.
    ApiVersion(String),
    /// The coordinator won't take it, now or later.
    Refused(String),
}

impl Coordinator {
    /// What is counted of the link.
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.shared.tally)
    }

    /// Whether the coordinator can't be reached now.
    pub fn is_away(&self) -> bool {
        self.shared.away.load(Relaxed)
    }

    /// The worker's identifier as the messages carry it.
    pub fn worker_id(&self) -> String {
        self.shared.identity.worker_id.clone()
    }

    /// How often to renew leases.
    pub(crate) fn heartbeat_interval(&self) -> Duration {
        Duration::from_millis(self.shared.heartbeat_millis.load(Relaxed))
    }

    /// Sends `request` through `call` until it is answered or given up.
    pub(crate) async fn send<R: Clone, T, F>(&self, request: R, call: impl Fn(Client, R) -> F) -> Result<T, GaveUp>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        self.call(Duration::ZERO, |client| call(client, request.clone())).await
    }

    /// Calls until answered or given up; the coordinator may take as long as `wait` on purpose.
    pub(crate) async fn call<T, F>(&self, wait: Duration, call: impl Fn(Client) -> F) -> Result<T, GaveUp>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        // Once the coordinator is back, it hears of this worker before a lease can end.
        let mut waits = Waits::new(self, self.heartbeat_interval());
        loop {
            let fault = match self.once(wait, &call).await {
                Ok(answer) => return Ok(answer),
                Err(Fault::WorkerUnknown) => {
                    info!("the coordinator does not know this worker; registering again");
                    match self.register().await {
                        Ok(()) => Fault::WorkerUnknown,
                        Err(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            match fault {
                Fault::Stale => return Err(GaveUp::Stale),
                Fault::ApiVersion(said) => return Err(GaveUp::ApiVersion(said)),
                Fault::Refused(said) => return Err(GaveUp::Refused(said)),
                Fault::Away(..) | Fault::Denied(_) | Fault::WorkerUnknown => {
                    self.shared.tally.repeats();
                    sleep(waits.next()).await;
                }
            }
        }
    }

    /// Whether a trial, sweeps/{sweep}/trials/{trial}, is over: nobody will run it again. Not where nobody can say so now.
    pub async fn is_over(&self, trial: &str) -> bool {
        let request = v1::GetTrialRequest { name: trial.to_owned() };
        let mut client = self.sweeps.clone();
        match timeout(CALL_TIMEOUT, client.get_trial(request)).await {
            Ok(Ok(trial)) => match trial.get_ref().state() {
                TrialState::Completed | TrialState::Failed | TrialState::Cancelled | TrialState::Stopped => true,
                TrialState::Unspecified | TrialState::Pending | TrialState::Running => false,
            },
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// Says goodbye, once and for at most `patience`; says whether that was heard.
    pub(crate) async fn leave(&self, patience: Duration) -> bool {
        let request = v1::LeaveWorkerRequest {
            worker_id: self.worker_id(),
        };
        let mut client = self.client.clone();
        matches!(timeout(patience, client.leave_worker(request)).await, Ok(Ok(_)))
    }

    async fn once<T, F>(&self, wait: Duration, call: impl Fn(Client) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let answer = match timeout(wait + CALL_TIMEOUT, call(self.client.clone())).await {
            Ok(answer) => answer.map(Response::into_inner).map_err(Fault::from),
            Err(_) => {
                self.connection.pass_over();
                Err(Fault::Away("it does not answer in time".into(), None))
            }
        };
        self.shared.note(&answer);
        answer
    }
}

/// The waits of one call that is tried again: where there are several coordinators, each is asked before the waits grow, and
/// they stay short, since one of them may come to lead at any moment.
struct Waits {
    backoff: Backoff,
    wait: Duration,
    tries: usize,
    coordinators: usize,
}

impl Waits {
    /// With at most `longest` between two tries.
    fn new(coordinator: &Coordinator, longest: Duration) -> Self {
        let coordinators = coordinator.connection.addresses();
        let longest = if coordinators > 1 { longest.min(TURN) } else { longest };
        Self {
            backoff: Backoff::within(longest, coordinator.shared.next_seed()),
            wait: Duration::ZERO,
            tries: 0,
            coordinators,
        }
    }

    fn next(&mut self) -> Duration {
        if self.tries.is_multiple_of(self.coordinators) {
            self.wait = self.backoff.next();
        }
        self.tries += 1;
        self.wait
    }
}

impl Shared {
    /// The seed of the next series of tries.
    fn next_seed(&self) -> u64 {
        self.seed.wrapping_add(self.series.fetch_add(1, Relaxed))
    }

    /// One line when the coordinator goes, one when it is back.
    fn note<T>(&self, answer: &Result<T, Fault>) {
        if !matches!(answer, Err(Fault::Away(..))) {
            self.tally.hears();
        }
        if let Err(Fault::Denied(fault)) = answer {
            if !self.away.swap(true, Relaxed) {
                warn!(
                    "the coordinator at {} does not take this worker's token ({fault}); what was computed is kept, and it is \
                     tried again, with the token as its file says then",
                    self.url
                );
            }
        } else if let Err(Fault::Away(fault, _)) = answer {
            if !self.away.swap(true, Relaxed) {
                warn!(
                    "the coordinator at {} is away ({fault}); trying again until it is back",
                    self.url
                );
            }
        } else if self.away.swap(false, Relaxed) {
            info!("the coordinator at {} is back", self.url);
        }
    }
}

impl GaveUp {
    /// What ends the worker, if this does.
    pub fn fatal(&self, coordinator: &Coordinator) -> Option<LinkError> {
        match self {
            Self::ApiVersion(fault) => Some(LinkError::ApiVersion {
                url: coordinator.shared.url.clone(),
                fault: fault.clone(),
            }),
            Self::Stale | Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale => f.write_str("the lease is stale"),
            Self::ApiVersion(said) => write!(f, "the coordinator speaks another API ({said})"),
            Self::Refused(said) => write!(f, "the coordinator refuses it ({said})"),
        }
    }
}
