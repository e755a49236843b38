//! Light workers that know both coordinators: the real protocol, with invented outcomes.

use crate::sim::light::Light;
use anyhow::{Context, Result};
use augur_channel::Access;
use augur_core::{
    draws::{Purpose, shared_stream},
    id::WorkerId,
};
use augur_link::Link;
use augur_proto::{API_VERSION, v1};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use uuid::Uuid;

/// How long a worker looks for a coordinator.
const PATIENCE: Duration = Duration::from_secs(60);
const SLOTS: u32 = 2;

/// Workers until they are stopped.
pub struct Crew {
    lives: JoinSet<Result<()>>,
    stopping: CancellationToken,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
}

impl Crew {
    /// So many workers for the coordinators at `addresses`.
    pub fn start(addresses: &str, workers: usize, epoch: Duration) -> Self {
        let mut crew = Self {
            lives: JoinSet::new(),
            stopping: CancellationToken::new(),
            acknowledged: Arc::default(),
        };
        for index in 0..workers {
            let (addresses, stopping) = (addresses.to_owned(), crew.stopping.clone());
            let acknowledged = Arc::clone(&crew.acknowledged);
            crew.lives
                .spawn(async move { live(index, &addresses, epoch, acknowledged, stopping).await });
        }
        crew
    }

    /// Names of the trials whose completion was acknowledged so far.
    pub fn acknowledged(&self) -> BTreeSet<String> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has them leave.
    ///
    /// # Errors
    /// A worker that has ended otherwise.
    pub async fn stop(mut self) -> Result<()> {
        self.stopping.cancel();
        while let Some(life) = self.lives.join_next().await {
            life??;
        }
        Ok(())
    }
}

async fn live(
    index: usize,
    addresses: &str,
    epoch: Duration,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    stopping: CancellationToken,
) -> Result<()> {
    let mut random = shared_stream(0, &format!("worker-{index}"), Purpose::Start, 0);
    let identity = v1::RegisterWorkerRequest {
        worker_id: WorkerId::from_uuid(Uuid::now_v7()).to_string(),
        host: format!("worker-{index}"),
        slots: SLOTS,
        augur_version: env!("CARGO_PKG_VERSION").into(),
        libtorch_version: "none".into(),
        api_version: API_VERSION.into(),
        memory_bytes: 0,
    };
    let access = Access::plain(addresses)?;
    let link = Link::join(&access, identity, PATIENCE, Endpoint::connect_lazy, stopping).await?;
    let link = link.context("it was stopped before it began")?;
    let work = Light {
        reporter: link.reporter.clone(),
        epoch,
        random: Arc::new(Mutex::new(ChaCha8Rng::from_rng(&mut random))),
        fails: false,
        acknowledged,
    };
    Ok(link.live(&work, vec![(); SLOTS as usize]).await?)
}
