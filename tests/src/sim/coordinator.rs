//! The coordinator's host: the real one on a store that outlives it, with the simulation's clock.

use super::{network, trace::Trace};
use augur_coordinator::{Config, Coordinator, CoordinatorHandle, Location, Memory, Settings, clock::Clock};
use augur_core::time::Timestamp;
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Leases of the simulated coordinator.
pub const LEASE: Duration = Duration::from_secs(3);

/// What the run and the coordinator's lives share.
#[derive(Clone)]
pub struct Host {
    /// What all of them are on.
    pub store: Memory,
    pub trace: Trace,
    /// The one that lives now, or lived last.
    life: Arc<Mutex<Option<(CoordinatorHandle, CancellationToken)>>>,
}

impl Host {
    pub fn new(store: Memory, trace: Trace) -> Self {
        Self {
            store,
            trace,
            life: Arc::default(),
        }
    }

    /// One life of the coordinator, until it is told to stop or its host crashes.
    pub async fn live(self) -> turmoil::Result {
        let incoming = network::listen(&self.trace).await?;
        let config = Config {
            listen: ([0, 0, 0, 0], 0).into(),
            store: Location::Kept(self.store.clone()),
            settings: Settings {
                lease: LEASE,
                ..Settings::default()
            },
        };
        let coordinator = Coordinator::serve(config, Arc::new(SimulatedClock), incoming).await?;
        let stopping = CancellationToken::new();
        let life = (coordinator.handle().clone(), stopping.clone());
        *self.life.lock().unwrap_or_else(PoisonError::into_inner) = Some(life);
        stopping.cancelled().await;
        Ok(coordinator.stop().await?)
    }

    /// Tells it to stop in order.
    pub fn stop(&self) {
        if let Some((_, stopping)) = &*self.life.lock().unwrap_or_else(PoisonError::into_inner) {
            stopping.cancel();
        }
    }

    /// What the services see of the one that lives now, or lived last.
    pub fn handle(&self) -> Option<CoordinatorHandle> {
        let life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.as_ref().map(|(handle, _)| handle.clone())
    }
}

/// The simulation's time; it goes on while the coordinator is down.
struct SimulatedClock;

impl SimulatedClock {
    const PERIOD: Duration = Duration::from_millis(500);
    /// Any moment.
    const START: Timestamp = Timestamp(1_700_000_000_000);
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Self::START.after(turmoil::sim_elapsed().unwrap_or_default())
    }

    fn tick(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Self::PERIOD))
    }

    fn period(&self) -> Option<Duration> {
        Some(Self::PERIOD)
    }
}
