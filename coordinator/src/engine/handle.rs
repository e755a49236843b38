//! What the services see of the engine: submit a command, read the store, wait for news.

use super::{
    Settings,
    command::{Command, Queued, Waiting},
    plans::{Planned, Plans},
};
use crate::{
    clock::Clock,
    error::{Error, Result},
    store::{Conn, Reader, SweepKey, View, Violation, invariants},
    watching::{Watching, rpc},
};
use augur_core::{plan::Plan, time::Timestamp};
use augur_watching::traces::Span;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What the engine and its handles share.
pub(super) struct Shared {
    pub reader: Reader,
    pub clock: Arc<dyn Clock>,
    pub settings: Settings,
    pub plans: Plans,
    pub stopping: CancellationToken,
    pub counters: Counters,
    pub watching: Arc<Watching>,
    revisions: broadcast::Receiver<()>,
    works: broadcast::Receiver<()>,
    troubles: watch::Receiver<String>,
}

/// What one waits for. Whoever began to wait first is told first, so that a simulation can be repeated.
pub(crate) struct News(broadcast::Receiver<()>);

impl News {
    /// Ends with the first news since this was asked for; false where the engine is gone and there will be none.
    pub async fn come(&mut self) -> bool {
        !matches!(self.0.recv().await, Err(broadcast::error::RecvError::Closed))
    }
}

impl Shared {
    pub fn new(
        reader: Reader,
        clock: Arc<dyn Clock>,
        settings: Settings,
        stopping: CancellationToken,
        [revisions, works]: [broadcast::Receiver<()>; 2],
        troubles: watch::Receiver<String>,
        watching: Arc<Watching>,
    ) -> Self {
        Self {
            reader,
            clock,
            settings,
            plans: Plans::default(),
            stopping,
            counters: Counters::default(),
            watching,
            revisions,
            works,
            troubles,
        }
    }
}

/// How much was done since the start.
#[derive(Debug, Default)]
pub struct Counters {
    commands: AtomicU64,
    commits: AtomicU64,
    watchers: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, commands: usize) {
        self.commands.fetch_add(commands as u64, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn watch_begins(&self) {
        self.watchers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn watch_ends(&self) {
        self.watchers.fetch_sub(1, Ordering::Relaxed);
    }

    /// Watches that go on now.
    pub fn watchers(&self) -> u64 {
        self.watchers.load(Ordering::Relaxed)
    }

    /// Commands carried out.
    pub fn commands(&self) -> u64 {
        self.commands.load(Ordering::Relaxed)
    }

    /// Commits that they took.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

/// A cheap handle on the coordinator.
#[derive(Clone)]
pub struct CoordinatorHandle {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Box<dyn Queued>>,
}

impl CoordinatorHandle {
    pub(super) fn new(shared: Arc<Shared>, commands: mpsc::Sender<Box<dyn Queued>>) -> Self {
        Self { shared, commands }
    }

    /// Has a command carried out; the answer comes once it is on disk.
    pub(crate) async fn submit<C: Command>(&self, command: C) -> Result<C::Answer> {
        let begun = SystemTime::now();
        let (waiting, answer) = Waiting::new(command);
        let sent = self.commands.send(Box::new(waiting)).await;
        sent.map_err(|_| Error::Stopping)?;
        let answer = answer.await.map_err(|_| Error::Stopping)?;
        let watching = self.watching();
        if let (Some(call), Some(traces)) = (rpc::current(), watching.traces()) {
            traces.end(Span::under(call, "store commit", begun), SystemTime::now());
        }
        if matches!(answer, Err(Error::LeaseStale(_))) {
            watching.metrics.leases.stale.inc();
        }
        answer
    }

    /// What operators watch.
    pub(crate) fn watching(&self) -> &Arc<Watching> {
        &self.shared.watching
    }

    /// Commands that wait for the engine.
    pub(crate) fn waiting(&self) -> usize {
        self.commands.max_capacity() - self.commands.capacity()
    }

    /// A consistent view of the store.
    pub(crate) async fn view(&self) -> Result<View> {
        Ok(self.shared.reader.view().await?)
    }

    /// A connection that reads, each statement by itself.
    pub(crate) async fn reading(&self) -> Result<Box<Conn>> {
        Ok(self.shared.reader.connection().await?)
    }

    /// The plan of a sweep.
    pub(crate) async fn plan(&self, conn: &mut Conn, sweep: SweepKey) -> Result<Arc<Plan>> {
        Ok(self.planned(conn, sweep).await?.plan)
    }

    /// The plan of a sweep, and what else never changes of it.
    pub(crate) async fn planned(&self, conn: &mut Conn, sweep: SweepKey) -> Result<Planned> {
        Ok(self.shared.plans.get(conn, sweep).await?)
    }

    /// News of the next revision from now on.
    pub(crate) fn revisions(&self) -> News {
        News(self.shared.revisions.resubscribe())
    }

    /// News from now on of work that can be leased.
    pub(crate) fn works(&self) -> News {
        News(self.shared.works.resubscribe())
    }

    /// What keeps the engine from writing, and what to do; empty while nothing does.
    pub(crate) fn trouble(&self) -> String {
        self.shared.troubles.borrow().clone()
    }

    /// The coordinator's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Whether the coordinator stops: nothing more is leased.
    pub(crate) fn is_stopping(&self) -> bool {
        self.shared.stopping.is_cancelled()
    }

    /// Ends when the coordinator begins to stop.
    pub(crate) async fn stopping(&self) {
        self.shared.stopping.cancelled().await;
    }

    /// Everything in the store that does not hold; reads all of it.
    ///
    /// # Errors
    /// [`Error::Store`] where it can't be read.
    pub async fn check(&self) -> Result<Vec<Violation>> {
        Ok(invariants::check(self.view().await?.conn()).await?)
    }

    /// How much was done.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }
}
