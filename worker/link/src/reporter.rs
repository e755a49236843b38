//! Measurements and lines of logs on their way to the coordinator, in batches of all slots together; while it is away they wait ([`spool`]).
//!
//! [`spool`]: crate::spool

use crate::{
    coordinator::{Client, Coordinator},
    leases::Leases,
    spool::{Entry, Said, Spool},
};
use augur_core::{id::LeaseToken, outcome::Measurement};
use augur_proto::v1;
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tracing::{Instrument, error, info_span};

/// A batch goes when it has so many measurements, or one at a rung, by which trials are stopped, ...
const BATCH: usize = 64;
/// ... or is so old.
const AGE: Duration = Duration::from_millis(500);
/// What has waited long goes in batches of so many.
const LARGEST_BATCH: usize = 1000;

/// Takes measurements. They leave its queue at once, so that it needs no bound.
#[derive(Clone)]
pub struct Reporter(mpsc::UnboundedSender<Item>);

enum Item {
    Measurement(LeaseToken, Box<Measurement>),
    Line(LeaseToken, v1::LogLine),
    Flush(oneshot::Sender<()>),
}

impl Reporter {
    /// Starts reporting, until the last handle is dropped.
    pub(crate) fn start(coordinator: Coordinator, leases: Leases) -> Self {
        let (sender, items) = mpsc::unbounded_channel();
        let span = info_span!("worker", worker = coordinator.worker_id());
        tokio::spawn(report(items, coordinator, leases).instrument(span));
        Self(sender)
    }

    /// Reports a measurement, soon.
    pub fn add(&self, token: LeaseToken, measurement: Measurement) {
        // Fails only while the worker stops; nobody waits for the report then.
        let _ = self.0.send(Item::Measurement(token, Box::new(measurement)));
    }

    /// Reports a line of a trial's log, soon.
    pub fn add_line(&self, token: LeaseToken, line: v1::LogLine) {
        // As above.
        let _ = self.0.send(Item::Line(token, line));
    }

    /// Returns once everything added before is with the coordinator.
    pub(crate) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.0.send(Item::Flush(done)).is_ok() {
            let _ = flushed.await;
        }
    }
}

async fn report(mut items: mpsc::UnboundedReceiver<Item>, coordinator: Coordinator, leases: Leases) {
    let mut backlog = Backlog::default();
    while backlog.fill(&mut items).await {
        let (batch, count) = backlog.batch();
        let sending = send(batch, count, &coordinator, &leases);
        tokio::pin!(sending);
        // A coordinator that is away does not hold up the trials.
        loop {
            tokio::select! {
                biased;
                () = &mut sending => break,
                Some(item) = items.recv() => backlog.take(item),
            }
        }
        backlog.sent();
    }
}

/// What is not with the coordinator yet.
#[derive(Default)]
struct Backlog {
    spool: Spool,
    count: usize,
    is_urgent: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Backlog {
    /// Waits until there is enough for a batch; false once there is nothing and nobody reports any more.
    async fn fill(&mut self, items: &mut mpsc::UnboundedReceiver<Item>) -> bool {
        if self.spool.is_empty() && self.waiting.is_empty() {
            match items.recv().await {
                Some(first) => self.take(first),
                None => return false,
            }
        }
        let deadline = Instant::now() + AGE;
        while !self.is_due() {
            tokio::select! {
                biased;
                item = items.recv() => match item {
                    Some(item) => self.take(item),
                    None => break,
                },
                () = sleep_until(deadline) => break,
            }
        }
        true
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Measurement(token, measurement) => {
                self.is_urgent |= measurement.validation.is_some();
                self.count += 1;
                let said = Said::Measurement((*measurement).into());
                self.spool.push(Entry { token, said });
            }
            Item::Line(token, line) => {
                self.count += 1;
                let said = Said::Line(line);
                self.spool.push(Entry { token, said });
            }
            Item::Flush(done) => self.waiting.push(done),
        }
    }

    fn is_due(&self) -> bool {
        self.count >= BATCH || self.is_urgent || !self.waiting.is_empty()
    }

    /// The next batch, and how many measurements it has.
    fn batch(&mut self) -> (Vec<v1::LeaseMeasurements>, usize) {
        let entries = self.spool.take(LARGEST_BATCH);
        let count = entries.len();
        (self.count, self.is_urgent) = (0, !self.spool.is_empty());
        let mut by_lease = BTreeMap::<LeaseToken, v1::LeaseMeasurements>::new();
        for Entry { token, said } in entries {
            said.add_to(by_lease.entry(token).or_default());
        }
        (by_lease.into_iter().map(of_lease).collect(), count)
    }

    /// A batch is with the coordinator; whoever waits for all of it hears when nothing is left.
    fn sent(&mut self) {
        if self.spool.is_empty() {
            for done in self.waiting.drain(..) {
                // Whoever waited may be gone: its trial was dropped.
                let _ = done.send(());
            }
        }
    }
}

async fn send(reports: Vec<v1::LeaseMeasurements>, count: usize, coordinator: &Coordinator, leases: &Leases) {
    if count == 0 {
        return;
    }
    let request = v1::ReportMeasurementsRequest {
        worker_id: coordinator.worker_id(),
        reports,
    };
    let call = |mut client: Client, request| async move { client.report_measurements(request).await };
    match coordinator.send(request, call).await {
        Ok(answer) => leases.drop_all(&answer.stale_tokens),
        Err(gave_up) => error!("{count} measurements and lines of logs are lost: {gave_up}"),
    }
}

fn of_lease((token, report): (LeaseToken, v1::LeaseMeasurements)) -> v1::LeaseMeasurements {
    v1::LeaseMeasurements {
        token: token.to_string(),
        ..report
    }
}
