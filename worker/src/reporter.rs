//! Measurements on their way to the coordinator, in batches of all slots together.

use crate::{
    coordinator::{Client, Coordinator},
    leases::Leases,
};
use augur_core::{id::LeaseToken, outcome::Measurement};
use augur_proto::v1;
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tracing::error;

/// A batch goes when it has so many measurements, or one at a rung, by which trials are stopped, ...
const BATCH: usize = 64;
/// ... or is so old.
const AGE: Duration = Duration::from_millis(500);

/// Takes measurements. There is one for each epoch of a trial that runs here, so the queue needs no bound.
#[derive(Clone)]
pub(crate) struct Reporter(mpsc::UnboundedSender<Item>);

enum Item {
    Measurement(LeaseToken, Box<Measurement>),
    Flush(oneshot::Sender<()>),
}

impl Reporter {
    /// Starts reporting, until the last handle is dropped.
    pub fn start(coordinator: Coordinator, leases: Leases) -> Self {
        let (sender, items) = mpsc::unbounded_channel();
        tokio::spawn(report(items, coordinator, leases));
        Self(sender)
    }

    /// Reports a measurement, soon.
    pub fn add(&self, token: LeaseToken, measurement: Measurement) {
        // Fails only while the worker stops; nobody waits for the report then.
        let _ = self.0.send(Item::Measurement(token, Box::new(measurement)));
    }

    /// Returns once everything added before is with the coordinator.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.0.send(Item::Flush(done)).is_ok() {
            let _ = flushed.await;
        }
    }
}

async fn report(mut items: mpsc::UnboundedReceiver<Item>, coordinator: Coordinator, leases: Leases) {
    while let Some(first) = items.recv().await {
        let mut batch = Batch::default();
        batch.take(first);
        let deadline = Instant::now() + AGE;
        while !batch.is_due() {
            tokio::select! {
                item = items.recv() => match item {
                    Some(item) => batch.take(item),
                    None => break,
                },
                () = sleep_until(deadline) => break,
            }
        }
        batch.send(&coordinator, &leases).await;
    }
}

#[derive(Default)]
struct Batch {
    count: usize,
    is_urgent: bool,
    measurements: BTreeMap<LeaseToken, Vec<v1::Measurement>>,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Batch {
    fn take(&mut self, item: Item) {
        match item {
            Item::Measurement(token, measurement) => {
                self.is_urgent |= measurement.validation.is_some();
                self.measurements.entry(token).or_default().push((*measurement).into());
                self.count += 1;
            }
            Item::Flush(done) => self.waiting.push(done),
        }
    }

    fn is_due(&self) -> bool {
        self.count >= BATCH || self.is_urgent || !self.waiting.is_empty()
    }

    async fn send(self, coordinator: &Coordinator, leases: &Leases) {
        if self.count > 0 {
            let request = v1::ReportMeasurementsRequest {
                worker_id: coordinator.worker_id(),
                reports: self.measurements.into_iter().map(of_lease).collect(),
            };
            let call = |mut client: Client, request| async move { client.report_measurements(request).await };
            match coordinator.send(request, call).await {
                Ok(answer) => leases.drop_all(&answer.stale_tokens),
                Err(gave_up) => error!("{} measurements are lost: {gave_up}", self.count),
            }
        }
        for done in self.waiting {
            // Whoever waited may be gone: its trial was dropped.
            let _ = done.send(());
        }
    }
}

fn of_lease((token, measurements): (LeaseToken, Vec<v1::Measurement>)) -> v1::LeaseMeasurements {
    v1::LeaseMeasurements {
        token: token.to_string(),
        measurements,
    }
}
