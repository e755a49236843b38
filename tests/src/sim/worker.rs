//! A worker's host: each life registers as a worker of its own, as a process that is started again does.

use super::{
    light::Light,
    network::{self, URL},
    plan::Plan,
    trace::Trace,
};
use augur_channel::Access;
use augur_core::{
    draws::{Purpose, shared_stream},
    id::WorkerId,
};
use augur_link::Link;
use augur_proto::{API_VERSION, v1};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a worker looks for its coordinator: longer than anything is simulated.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What the run and a worker's lives share.
#[derive(Clone)]
pub struct Host {
    pub name: String,
    pub seed: u64,
    pub slots: u32,
    /// What an epoch takes, about.
    pub epoch: Duration,
    /// Whether attempts fail by draws.
    pub fails: bool,
    pub acknowledged: Arc<Mutex<BTreeSet<String>>>,
    pub trace: Trace,
    lives: Arc<AtomicU64>,
    life: Arc<Mutex<Option<(WorkerId, CancellationToken)>>>,
}

impl Host {
    /// The worker of that number.
    pub fn new(plan: &Plan, index: usize, acknowledged: Arc<Mutex<BTreeSet<String>>>, trace: Trace) -> Self {
        Self {
            name: name(index),
            seed: plan.seed,
            slots: plan.workers[index],
            epoch: plan.epoch,
            fails: !plan.is_calm(),
            acknowledged,
            trace,
            lives: Arc::default(),
            life: Arc::default(),
        }
    }

    /// One life, until it leaves or its host crashes.
    pub async fn live(self) -> turmoil::Result {
        let mut random = shared_stream(self.seed, &self.name, Purpose::Start, self.lives.fetch_add(1, Relaxed));
        let id = WorkerId::from_uuid(Uuid::from_u128(random.random()));
        let stopping = CancellationToken::new();
        *self.life.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, stopping.clone()));
        let identity = v1::RegisterWorkerRequest {
            worker_id: id.to_string(),
            host: self.name.clone(),
            slots: self.slots,
            augur_version: env!("CARGO_PKG_VERSION").into(),
            libtorch_version: "none".into(),
            api_version: API_VERSION.into(),
            memory_bytes: 0,
        };
        let dial = |endpoint: &_| network::dial(endpoint, &self.name, &self.trace);
        let Some(link) = Link::join(&Access::plain(URL)?, identity, PATIENCE, dial, stopping).await? else {
            return Ok(());
        };
        let work = Light {
            reporter: link.reporter.clone(),
            epoch: self.epoch,
            random: Arc::new(Mutex::new(ChaCha8Rng::from_rng(&mut random))),
            fails: self.fails,
            acknowledged: self.acknowledged.clone(),
        };
        Ok(link.live(&work, vec![(); self.slots as usize]).await?)
    }

    /// Tells it to leave in order.
    pub fn stop(&self) {
        if let Some((_, stopping)) = &*self.life.lock().unwrap_or_else(PoisonError::into_inner) {
            stopping.cancel();
        }
    }

    /// The identifier of its present or last life.
    pub fn id(&self) -> Option<WorkerId> {
        let life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.as_ref().map(|(id, _)| *id)
    }
}

/// Name of a worker's host.
pub fn name(index: usize) -> String {
    format!("worker-{index}")
}
