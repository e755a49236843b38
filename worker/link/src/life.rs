//! A worker's life: register, lease as much as there are free slots, renew, and leave in order.

use crate::{
    coordinator::{Client, Coordinator, GaveUp},
    error::LinkError,
    job::GRACE,
    leases::Leases,
    reporter::Reporter,
    work::{CHECKPOINT, Work},
};
use augur_channel::Access;
use augur_core::id::LeaseToken;
use augur_proto::v1;
use augur_watching::traces::Traces;
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::transport::{Channel, Endpoint};
use tracing::{Instrument, error, info, info_span};

/// How long the coordinator may take to say that there is no work.
const POLL: Duration = Duration::from_secs(30);

/// A worker that is registered at its coordinator.
#[derive(Clone)]
pub struct Link {
    /// The coordinator.
    pub coordinator: Coordinator,
    /// What takes the measurements of running trials.
    pub reporter: Reporter,
    pub(crate) leases: Leases,
    pub(crate) stopping: CancellationToken,
    /// Where spans of trials go, if anywhere.
    pub traces: Option<Traces>,
}

impl Link {
    /// Registers at the coordinator, trying for `patience`; none where `stopping` fires first. `dial` opens the
    /// connection, such as [`Endpoint::connect_lazy`].
    ///
    /// # Errors
    /// A coordinator that can't be reached or refuses.
    pub async fn join(
        access: &Access,
        identity: v1::RegisterWorkerRequest,
        patience: Duration,
        dial: impl Fn(&Endpoint) -> Channel,
        stopping: CancellationToken,
    ) -> Result<Option<Self>, LinkError> {
        info!(
            "worker {} of {} slots looks for {}",
            identity.worker_id, identity.slots, access.addresses
        );
        let coordinator = tokio::select! {
            biased;
            joined = Coordinator::join(access, identity, patience, dial) => joined?,
            () = stopping.cancelled() => return Ok(None),
        };
        info!("registered");
        let leases = Leases::new(stopping.clone());
        Ok(Some(Self {
            reporter: Reporter::start(coordinator.clone(), leases.clone()),
            coordinator,
            leases,
            stopping,
            traces: None,
        }))
    }

    /// Has work done in `slots` until `stopping` fires, then leaves.
    ///
    /// # Errors
    /// What keeps a worker from working at all.
    pub async fn live<W: Work>(&self, work: &W, slots: Vec<W::Slot>) -> Result<(), LinkError> {
        let span = info_span!("worker", worker = self.coordinator.worker_id());
        self.live_on(work, slots).instrument(span).await
    }

    /// The leases that this worker holds.
    pub fn held(&self) -> usize {
        self.leases.tokens().len()
    }

    async fn live_on<W: Work>(&self, work: &W, slots: Vec<W::Slot>) -> Result<(), LinkError> {
        let jobs = TaskTracker::new();
        // Fires when the coordinator sends the worker away.
        let drained = CancellationToken::new();
        let result = tokio::select! {
            biased;
            fatal = self.lease_for_ever(work, slots, &jobs, &drained) => fatal,
            fatal = self.renew_for_ever(&drained) => Err(fatal),
            () = self.stopping.cancelled() => Ok(()),
        };
        self.stopping.cancel();
        jobs.close();
        tokio::select! {
            biased;
            // Within 20 seconds of the signal the process is gone, its goodbye included.
            _ = timeout(CHECKPOINT + GRACE, jobs.wait()) => {}
            // A lease must not end while its trial writes its checkpoint.
            _ = self.renew_for_ever(&drained) => {}
        }
        let heard = self.coordinator.leave(GRACE).await;
        info!(
            "left{}",
            if heard {
                ""
            } else {
                " without a goodbye: the coordinator is away"
            }
        );
        result
    }

    /// Fills the free slots, whenever there are some. Returns only for what ends the worker, and once a drained one holds
    /// nothing.
    async fn lease_for_ever<W: Work>(
        &self,
        work: &W,
        slots: Vec<W::Slot>,
        jobs: &TaskTracker,
        drained: &CancellationToken,
    ) -> Result<(), LinkError> {
        let (give_back, mut given_back) = mpsc::unbounded_channel();
        let mut free: Vec<(usize, W::Slot)> = slots.into_iter().enumerate().collect();
        loop {
            if free.is_empty() {
                // Never None: this function holds a sender.
                free.extend(given_back.recv().await);
            }
            if drained.is_cancelled() {
                info!("drained: it leaves once what it has is over");
                jobs.close();
                jobs.wait().await;
                return Ok(());
            }
            while let Ok(slot) = given_back.try_recv() {
                free.push(slot);
            }
            let answer = tokio::select! {
                biased;
                answer = self.acquire(free.len()) => answer,
                () = drained.cancelled() => continue,
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(gave_up) => {
                    if let Some(fatal) = gave_up.fatal(&self.coordinator) {
                        return Err(fatal);
                    }
                    error!("no work can be leased: {gave_up}");
                    sleep(GRACE).await;
                    continue;
                }
            };
            for lease in answer.leases {
                let (Ok(token), Some((index, mut slot))) = (lease.token.parse::<LeaseToken>(), free.pop()) else {
                    error!("the coordinator leased what was not asked for; it will get that back when the lease ends");
                    continue;
                };
                let (link, work, give_back) = (self.clone(), work.clone(), give_back.clone());
                let held = self.leases.hold(token);
                let leased = (lease.attempt, lease.work);
                jobs.spawn(async move {
                    link.carry_out(&work, held, leased, (index, &mut slot)).await;
                    let _ = give_back.send((index, slot));
                });
            }
        }
    }

    async fn acquire(&self, free: usize) -> Result<v1::AcquireLeasesResponse, GaveUp> {
        let call = |mut client: Client| {
            let request = v1::AcquireLeasesRequest {
                worker_id: self.coordinator.worker_id(),
                max_leases: u32::try_from(free).unwrap_or(u32::MAX),
                wait_timeout: POLL.try_into().ok(),
                // Taken anew for each try: by then, some may be over.
                held_tokens: self.leases.tokens().iter().map(ToString::to_string).collect(),
            };
            async move { client.acquire_leases(request).await }
        };
        self.coordinator.call(POLL, call).await
    }

    /// The heartbeat. Returns only for what ends the worker.
    async fn renew_for_ever(&self, drained: &CancellationToken) -> LinkError {
        let Self {
            coordinator, leases, ..
        } = self;
        loop {
            sleep(coordinator.heartbeat_interval()).await;
            let call = |mut client: Client| {
                // Taken anew for each try: by then, some may be over.
                let texts = |tokens: Vec<LeaseToken>| tokens.iter().map(ToString::to_string).collect();
                let request = v1::RenewLeasesRequest {
                    worker_id: coordinator.worker_id(),
                    tokens: texts(leases.tokens()),
                    excused_tokens: texts(leases.excused()),
                };
                async move { client.renew_leases(request).await }
            };
            match coordinator.call(Duration::ZERO, call).await {
                Ok(answer) => {
                    let with = |orders: &'static [v1::Order]| {
                        let renewals = answer.renewals.iter();
                        let ordered = renewals.filter(move |renewal| orders.contains(&renewal.order()));
                        ordered.map(|renewal| &renewal.token)
                    };
                    leases.drop_all(with(&[v1::Order::Cancel]));
                    leases.recall(with(&[v1::Order::Pause, v1::Order::Drain]));
                    if answer.leave {
                        drained.cancel();
                    }
                }
                Err(gave_up) => {
                    if let Some(fatal) = gave_up.fatal(coordinator) {
                        return fatal;
                    }
                    error!("leases can't be renewed: {gave_up}");
                }
            }
        }
    }
}
