//! The engine: one task that owns the writer. It takes what commands are waiting, carries them out in one transaction,
//! commits once, and answers only then.

mod absence;
mod breaker;
mod command;
pub(crate) mod commands;
mod context;
mod groups;
mod halving;
mod handle;
mod jobs;
mod pauses;
mod plans;
mod thread;
mod trouble;

pub(crate) use commands::pause_sweep::PAUSED_BY_SOMEBODY;
pub use handle::{CoordinatorHandle, Counters};
pub(crate) use plans::Planned;

use crate::{
    clock::Clock,
    error::chain,
    store::{self, Fault, FaultKind, Reader, StoreError, Writer},
    watching::Watching,
};
use absence::Absence;
use augur_watching::traces::Traces;
use command::{Queue, Queued, Verdict, Waiting};
use commands::{grace::Grace, probe::Probe, tick::Tick};
use context::Batch;
pub(crate) use context::Cx;
use handle::Shared;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use trouble::Trouble;

/// Commands that may wait; more callers than that wait for a place.
const WAITING: usize = 1024;

/// Commands that share one commit.
const BATCH: usize = 256;

/// What can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a lease lasts unless renewed.
    pub lease: Duration,
    /// How long a watcher may read nothing.
    pub patience: Duration,
    /// Where spans of trials go, if anywhere.
    pub traces: Option<Traces>,
}

impl Settings {
    /// How often a worker renews its leases.
    pub fn heartbeat(&self) -> Duration {
        self.lease / 3
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            patience: Duration::from_secs(30),
            traces: None,
        }
    }
}

/// The task that writes.
struct Engine {
    writer: Writer,
    queue: Queue,
    shared: Arc<Shared>,
    /// The newest revision, and who waits for the next one.
    revision: i64,
    revisions: broadcast::Sender<()>,
    works: broadcast::Sender<()>,
    /// The trouble in words, for whoever watches.
    told: watch::Sender<String>,
    trouble: Trouble,
    /// Another coordinator leads: nothing is written here any more.
    over: Option<Fault>,
}

/// Starts the engine; it ends once `stopped` is cancelled and what was waiting is done.
pub(crate) fn start(
    writer: Writer,
    reader: Reader,
    clock: Arc<dyn Clock>,
    settings: Settings,
    stopping: CancellationToken,
    stopped: CancellationToken,
) -> (CoordinatorHandle, JoinHandle<store::Result<()>>) {
    let (commands, queue) = mpsc::channel(WAITING);
    let [(revisions, of_revisions), (works, of_works)] = [broadcast::channel(1), broadcast::channel(1)];
    let news = [of_revisions, of_works];
    let (told, troubles) = watch::channel(String::new());
    let watching = Arc::new(Watching::new(&writer, settings.traces.clone()));
    let shared = Arc::new(Shared::new(reader, clock, settings, stopping, news, troubles, watching));
    let engine = Engine {
        writer,
        queue,
        shared: Arc::clone(&shared),
        revision: 0,
        revisions,
        works,
        told,
        trouble: Trouble::default(),
        over: None,
    };
    let task = thread::spawn(engine, stopped);
    (CoordinatorHandle::new(shared, commands), task)
}

impl Engine {
    async fn run(mut self, stopped: CancellationToken) -> store::Result<()> {
        let clock = Arc::clone(&self.shared.clock);
        let mut absence = Absence::new(self.shared.settings.heartbeat());
        let done = self.carry_out(vec![Box::new(Waiting::unanswered(Grace))]).await;
        absence.looked(clock.now(), done);
        // Kept from turn to turn: a stream of commands must not put the look at the leases off for ever.
        let mut tick = clock.tick();
        let mut closing = false;
        loop {
            let mut batch: Vec<Box<dyn Queued>> = Vec::new();
            let due = tokio::select! {
                biased;
                () = stopped.cancelled(), if !closing => {
                    closing = true;
                    self.queue.close();
                    continue;
                }
                () = &mut tick, if !closing => true,
                command = self.queue.recv() => match command {
                    Some(command) => {
                        batch.push(command);
                        false
                    }
                    None => break,
                },
            };
            while batch.len() < BATCH
                && let Ok(command) = self.queue.try_recv()
            {
                batch.push(command);
            }
            if due {
                // Last: whoever renews in this batch is not taken for dead.
                batch.push(if absence.was_long(clock.as_ref()) {
                    Box::new(Waiting::unanswered(Grace))
                } else {
                    Box::new(Waiting::unanswered(Tick))
                });
                tick = clock.tick();
            }
            let begun = clock.now();
            let done = self.carry_out(batch).await;
            if due || !done {
                absence.looked(begun, done);
            }
            if let Some(over) = self.over.take() {
                return Err(over.into());
            }
            // Apart from the look at the leases, which a disk that is full does not keep from being done.
            if due && self.trouble.is_told() {
                self.carry_out(vec![Box::new(Waiting::unanswered(Probe))]).await;
            }
        }
        self.writer.close().await
    }

    /// Carries out a batch and answers each command; false where the store took nothing of it.
    async fn carry_out(&mut self, mut commands: Vec<Box<dyn Queued>>) -> bool {
        let begun = Instant::now();
        let mut done = self.commit(&mut commands).await;
        match &mut done {
            Ok((revision, batch)) => {
                let took = [begun.elapsed(), batch.commit];
                let noted = std::mem::take(&mut batch.noted);
                self.shared.watching.committed(commands.len(), took, noted);
                self.shared.counters.count(commands.len());
                // That nobody waits is no fault, here and below.
                if std::mem::replace(&mut self.revision, *revision) != *revision {
                    let _ = self.revisions.send(());
                }
                if self.trouble.ends(batch.wrote) {
                    tracing::info!("the store works again");
                    self.told.send_replace(String::new());
                }
                // A commit that was cut off may have been made all the same.
                if self.trouble.take_undone() || batch.work {
                    let _ = self.works.send(());
                }
            }
            Err(error) => {
                self.shared.watching.undone(error);
                self.shared.plans.clear();
                self.tell(commands.len(), error);
            }
        }
        let failed = done.as_ref().err();
        for command in commands {
            command.answer(failed);
        }
        // Those behind it would only wait for a server that does not answer, and may find another coordinator that leads.
        if failed.is_some() && self.trouble.is_away() {
            while let Ok(command) = self.queue.try_recv() {
                command.answer(failed);
            }
        }
        done.is_ok()
    }

    /// Says once what is wrong, not with every batch that is undone by it.
    fn tell(&mut self, commands: usize, error: &StoreError) {
        if let StoreError::Database(fault) = error
            && fault.kind == FaultKind::Taken
        {
            self.over = Some(Fault {
                store: Arc::clone(&fault.store),
                kind: fault.kind,
                source: None,
            });
        }
        if self.trouble.begins(error) {
            tracing::error!("{commands} commands undone: {}", chain(error));
            self.told.send_replace(error.to_string());
            // Whoever waits here for work may find another coordinator that leads meanwhile.
            if self.trouble.is_away() {
                let _ = self.works.send(());
            }
        } else {
            tracing::debug!("{commands} commands undone: {}", chain(error));
        }
    }

    /// Applies each command within a savepoint of its own, then commits all of them.
    async fn commit(&mut self, commands: &mut [Box<dyn Queued>]) -> Result<(i64, Batch), Arc<StoreError>> {
        let mut batch = Batch::default();
        let mut transaction = self.writer.begin(self.shared.clock.now()).await?;
        for command in commands {
            let mut savepoint = transaction.savepoint().await?;
            let mut cx = Cx {
                conn: savepoint.conn(),
                now: self.shared.clock.now(),
                settings: &self.shared.settings,
                plans: &self.shared.plans,
                watching: &self.shared.watching,
                batch: Batch::default(),
            };
            let verdict = command.apply(&mut cx).await;
            let part = cx.batch;
            match verdict {
                Verdict::Keep => {
                    batch.work |= part.work;
                    batch.noted.add(part.noted);
                    savepoint.commit().await?;
                }
                Verdict::Undo => savepoint.rollback().await?,
                Verdict::Abort(error) => return Err(error),
            }
        }
        if self.trouble.is_told() {
            batch.wrote = store::has_written(transaction.conn()).await?;
        }
        let revision = store::transitions::newest(transaction.conn()).await?;
        let begun = Instant::now();
        transaction.commit().await?;
        batch.commit = begun.elapsed();
        Ok((revision, batch))
    }
}
