//! The worker's life: register, lease as much as there are free slots, renew, and leave in order.

use crate::{
    coordinator::{Client, Coordinator, GaveUp},
    error::WorkerError,
    job::{Bench, GRACE, leave::CHECKPOINT},
    leases::Leases,
    options::Options,
    packing::{self, Packing},
    reporter::Reporter,
    slot::Slot,
};
use augur_core::id::{LeaseToken, WorkerId};
use augur_proto::{API_VERSION, v1};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info};

/// How long the coordinator may take to say that there is no work.
const POLL: Duration = Duration::from_secs(30);

/// Works until `stopping` fires.
///
/// # Errors
/// What keeps a worker from working at all.
pub async fn run(options: &Options, stopping: CancellationToken) -> Result<(), WorkerError> {
    let slots = slots(options)?;
    let memory = options.memory().or_else(packing::budget);
    let identity = identity(options, memory);
    info!(
        "worker {} of {} slots looks for {}",
        identity.worker_id, identity.slots, options.coordinator
    );
    let coordinator = tokio::select! {
        joined = Coordinator::join(&options.coordinator, identity, options.connect_timeout) => joined?,
        () = stopping.cancelled() => return Ok(()),
    };
    info!("registered");
    let leases = Leases::new(stopping.clone());
    let bench = Bench {
        coordinator: coordinator.clone(),
        reporter: Reporter::start(coordinator.clone(), leases.clone()),
        base_dir: options.base_dir(),
        artifacts: options.artifacts.clone(),
        packing: Packing::new(memory),
        checkpoint_every: options.checkpoint_every(),
        stopping: stopping.clone(),
    };
    let tidying = bench.clone();
    tokio::spawn(async move { tidying.tidy_all().await });
    let jobs = TaskTracker::new();
    // Fires when the coordinator sends the worker away.
    let drained = CancellationToken::new();
    let result = tokio::select! {
        fatal = lease_for_ever(&bench, &leases, slots, &jobs, &drained) => fatal,
        fatal = renew_for_ever(&coordinator, &leases, &drained) => Err(fatal),
        () = stopping.cancelled() => Ok(()),
    };
    stopping.cancel();
    jobs.close();
    tokio::select! {
        // Within 20 seconds of the signal the process is gone, its goodbye included.
        _ = timeout(CHECKPOINT + GRACE, jobs.wait()) => {}
        // A lease must not end while its trial writes its checkpoint.
        _ = renew_for_ever(&coordinator, &leases, &drained) => {}
    }
    let heard = coordinator.leave(GRACE).await;
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

fn slots(options: &Options) -> Result<Vec<Slot>, WorkerError> {
    if let Some(path) = &options.log_dir {
        std::fs::create_dir_all(path).map_err(|fault| WorkerError::LogDir {
            path: path.clone(),
            fault,
        })?;
    }
    let program = std::env::current_exe().map_err(|fault| WorkerError::System {
        what: "find this program's file",
        fault,
    })?;
    let slot = |index| Slot::new(index, program.clone(), options.log_dir.as_deref());
    Ok((0..options.slots()).map(slot).collect())
}

fn identity(options: &Options, memory: Option<u64>) -> v1::RegisterWorkerRequest {
    v1::RegisterWorkerRequest {
        worker_id: WorkerId::from_uuid(uuid::Uuid::now_v7()).to_string(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        slots: options.slots(),
        augur_version: env!("CARGO_PKG_VERSION").into(),
        libtorch_version: augur_train::device::LIBTORCH_VERSION.into(),
        api_version: API_VERSION.into(),
        memory_bytes: memory.unwrap_or_default(),
    }
}

/// Fills the free slots, whenever there are some. Returns only for what ends the worker, and once a drained one holds nothing.
async fn lease_for_ever(
    bench: &Bench,
    leases: &Leases,
    slots: Vec<Slot>,
    jobs: &TaskTracker,
    drained: &CancellationToken,
) -> Result<(), WorkerError> {
    let (give_back, mut given_back) = mpsc::unbounded_channel();
    let mut free = slots;
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
            answer = acquire(&bench.coordinator, leases, free.len()) => answer,
            () = drained.cancelled() => continue,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(gave_up) => {
                if let Some(fatal) = gave_up.fatal(&bench.coordinator) {
                    return Err(fatal);
                }
                error!("no work can be leased: {gave_up}");
                sleep(GRACE).await;
                continue;
            }
        };
        for lease in answer.leases {
            let (Ok(token), Some(mut slot)) = (lease.token.parse::<LeaseToken>(), free.pop()) else {
                error!("the coordinator leased what was not asked for; it will get that back when the lease ends");
                continue;
            };
            let (bench, held, give_back) = (bench.clone(), leases.hold(token), give_back.clone());
            jobs.spawn(async move {
                bench.work(held, lease.work, &mut slot).await;
                let _ = give_back.send(slot);
            });
        }
    }
}

async fn acquire(coordinator: &Coordinator, leases: &Leases, free: usize) -> Result<v1::AcquireLeasesResponse, GaveUp> {
    let call = |mut client: Client| {
        let request = v1::AcquireLeasesRequest {
            worker_id: coordinator.worker_id(),
            max_leases: u32::try_from(free).unwrap_or(u32::MAX),
            wait_timeout: POLL.try_into().ok(),
            // Taken anew for each try: by then, some may be over.
            held_tokens: leases.tokens().iter().map(ToString::to_string).collect(),
        };
        async move { client.acquire_leases(request).await }
    };
    coordinator.call(POLL, call).await
}

/// The heartbeat. Returns only for what ends the worker.
async fn renew_for_ever(coordinator: &Coordinator, leases: &Leases, drained: &CancellationToken) -> WorkerError {
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
