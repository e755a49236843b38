//! What this process is as a worker: its slots, its identity, and the work that is done under its leases.

use crate::{
    error::WorkerError,
    job::Bench,
    options::Options,
    packing::{self, Packing},
    slot::Slot,
};
use augur_core::id::WorkerId;
use augur_link::Link;
use augur_proto::{API_VERSION, v1};
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;

/// Works until `stopping` fires.
///
/// # Errors
/// What keeps a worker from working at all.
pub async fn run(options: &Options, stopping: CancellationToken) -> Result<(), WorkerError> {
    let slots = slots(options)?;
    let memory = options.memory().or_else(packing::budget);
    let identity = identity(options, memory);
    let access = options.access();
    let joined = Link::join(
        &access,
        identity,
        options.connect_timeout,
        Endpoint::connect_lazy,
        stopping.clone(),
    );
    let Some(link) = joined.await? else {
        return Ok(());
    };
    let bench = Bench {
        coordinator: link.coordinator.clone(),
        reporter: link.reporter.clone(),
        base_dir: options.base_dir(),
        artifacts: options.artifacts.clone(),
        packing: Packing::new(memory),
        checkpoint_every: options.checkpoint_every(),
        stopping,
    };
    let tidying = bench.clone();
    tokio::spawn(async move { tidying.tidy_all().await });
    Ok(link.live(&bench, slots).await?)
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
