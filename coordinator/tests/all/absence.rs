//! Leases while the coordinator was stopped, such as by SIGSTOP or by a disk that took long: nobody could renew them, and
//! nobody is charged for that.
use crate::support::{Host, LightWorker, SPEC, create, eventually};
use augur_coordinator::{
    Settings,
    clock::{Clock, ManualClock},
};
use augur_core::time::Timestamp;
use augur_proto::v1;
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// Moved by hand, but meant to be looked at twice a second.
struct PunctualClock(ManualClock);

impl Clock for PunctualClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn tick(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.tick()
    }

    fn period(&self) -> Option<Duration> {
        Some(Duration::from_millis(500))
    }
}

/// Moves the clock, and waits until the leases have been looked at.
async fn advance(host: &Host, clock: &PunctualClock, by: Duration) {
    let before = host.coordinator.handle().counters().commands();
    clock.0.advance(by);
    eventually(|| host.coordinator.handle().counters().commands() > before).await;
}

#[tokio::test]
async fn a_coordinator_that_was_stopped_does_not_charge_it_to_its_workers() {
    let clock = Arc::new(PunctualClock(ManualClock::new(Timestamp(1_700_000_000_000))));
    let host = Host::with(Settings::default(), clock.clone()).await;
    create(&mut host.sweeps().await, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    // Much longer than the lease of 15 seconds, at once.
    advance(&host, &clock, Duration::from_secs(60)).await;
    assert_eq!(worker.renew(&[&lease.token]).await, [v1::Order::Continue]);
    // From now on it is punctual, and the worker says nothing.
    for _ in 0..31 {
        advance(&host, &clock, Duration::from_millis(500)).await;
    }
    assert_eq!(worker.renew(&[&lease.token]).await, [v1::Order::Cancel]);
    host.check().await;
}
