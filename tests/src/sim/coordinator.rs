//! The coordinator's host: the real one on a store that outlives it, with the simulation's clock.

use super::{network, trace::Trace};
use augur_coordinator::{Config, Coordinator, CoordinatorHandle, Location, Memory, Settings, clock::Clock};
use augur_core::time::Timestamp;
use std::{
    future::{Future, pending},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Leases of the simulated coordinator.
pub const LEASE: Duration = Duration::from_secs(3);

/// What the run and the coordinator's lives share.
#[derive(Clone)]
pub struct Host {
    /// What all of them are on.
    pub store: Memory,
    pub trace: Trace,
    /// What the services see of the one that lives now, or lived last.
    life: Arc<Mutex<Option<CoordinatorHandle>>>,
}

impl Host {
    pub fn new(store: Memory, trace: Trace) -> Self {
        Self {
            store,
            trace,
            life: Arc::default(),
        }
    }

    /// One life of the coordinator, until its host crashes.
    pub async fn live(self) -> turmoil::Result {
        let incoming = network::listen(&self.trace).await?;
        let config = Config {
            listen: ([0, 0, 0, 0], 0).into(),
            store: Location::Kept(self.store.clone()),
            safety: Default::default(),
            settings: Settings {
                lease: LEASE,
                ..Settings::default()
            },
        };
        let coordinator = Coordinator::serve(config, Arc::new(SimulatedClock), incoming).await?;
        *self.life.lock().unwrap_or_else(PoisonError::into_inner) = Some(coordinator.handle().clone());
        // Until its host crashes. It is not told to stop in order: tonic tells its connections in an order of tokio's drawing.
        pending().await
    }

    /// What the services see of the one that lives now, or lived last.
    pub fn handle(&self) -> Option<CoordinatorHandle> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
