//! What this process is as a worker: its slots, its identity, and the work that is done under its leases.

use crate::{
    error::WorkerError,
    job::Bench,
    options::Options,
    packing::{self, Packing},
    roots::Roots,
    slot::Slot,
    stores::{self, Base},
};
use augur_core::id::WorkerId;
use augur_link::Link;
use augur_proto::{API_VERSION, v1};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;

/// How long spans may take that are still to be sent at the end.
const LAST_SPANS: Duration = Duration::from_secs(1);

/// Works until `stopping` fires.
///
/// # Errors
/// What keeps a worker from working at all.
pub async fn run(options: &Options, stopping: CancellationToken) -> Result<(), WorkerError> {
    let slots = slots(options)?;
    let roots = Roots::open(&options.data_roots).map_err(|(path, fault)| WorkerError::DataRoot { path, fault })?;
    let base = Base::open(options.base_dir.as_ref(), &options.stores).await?;
    let (artifacts, mirror) = stores::artifacts(options.artifacts.as_ref(), &options.stores).await?;
    let memory = options.memory().or_else(packing::budget);
    let identity = identity(options, memory);
    let traces = options.traces.open("augur-worker", identity.worker_id.clone())?;
    let access = options.access();
    let joined = Link::join(
        &access,
        identity,
        options.connect_timeout,
        Endpoint::connect_lazy,
        stopping.clone(),
    );
    let Some(mut link) = joined.await? else {
        return Ok(());
    };
    link.traces = traces;
    if let Some(address) = options.metrics() {
        let of = (options.slots(), augur_train::device::LIBTORCH_VERSION);
        let serving = augur_worker_watching::serve(address, link.clone(), of, stopping.clone());
        serving.await.map_err(|fault| WorkerError::Metrics { address, fault })?;
    }
    let bench = Bench {
        coordinator: link.coordinator.clone(),
        reporter: link.reporter.clone(),
        base,
        roots,
        artifacts,
        mirror,
        packing: Packing::new(memory),
        checkpoint_every: options.checkpoint_every(),
        stopping,
    };
    let tidying = bench.clone();
    tokio::spawn(async move { tidying.tidy_all().await });
    let lived = link.live(&bench, slots).await;
    if let Some(traces) = link.traces.take() {
        traces.close(LAST_SPANS).await;
    }
    Ok(lived?)
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
