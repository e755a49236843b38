//! WatchSweep: a snapshot, then the record of what happened, page by page from the store, until the sweep is over.
//!
//! Nothing is held for a watcher but its revision: one that was away goes on from there.

use super::present;
use crate::{
    engine::CoordinatorHandle,
    error::{Error, Result},
    store::{
        Conn, SweepKey, groups, outcomes, reuse,
        sweeps::{self, SweepRow, SweepState},
        transitions::{self, Change, Transition},
    },
};
use augur_proto::v1::{Snapshot, TrialState, WatchSweepResponse, watch_sweep_response::Event};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};

/// Transitions that are read at once.
const PAGE: u32 = 500;

/// Events that wait for the reader.
const WAITING: usize = 64;

/// How often the counts are sent while nothing else happens.
const BOOKMARKS: Duration = Duration::from_secs(1);

/// The events of a sweep after `resume` (0: from a snapshot on).
pub(super) fn watch(
    handle: CoordinatorHandle,
    sweep: SweepKey,
    resume: i64,
) -> impl Stream<Item = Result<WatchSweepResponse>> {
    let (events, stream) = mpsc::channel(WAITING);
    // The last word has a place of its own, for a reader whose queue is full.
    let (last, end) = mpsc::channel(1);
    let mut watcher = Watcher {
        handle,
        sweep,
        revision: resume,
        events,
        over: false,
    };
    watcher.handle.counters().watch_begins();
    tokio::spawn(async move {
        if let Err(error) = watcher.run().await {
            // Nobody reads it only if nobody reads anything.
            let _ = last.send(Err(error)).await;
        }
        watcher.handle.counters().watch_ends();
    });
    ReceiverStream::new(stream).map(Ok).chain(ReceiverStream::new(end))
}

struct Watcher {
    handle: CoordinatorHandle,
    sweep: SweepKey,
    /// The last that was sent.
    revision: i64,
    events: mpsc::Sender<WatchSweepResponse>,
    /// The final state was sent.
    over: bool,
}

impl Watcher {
    async fn run(&mut self) -> Result<()> {
        if self.revision == 0 && self.snapshot().await? {
            return Ok(());
        }
        let mut bookmark = Instant::now() + BOOKMARKS;
        loop {
            let mut revisions = self.handle.revisions();
            if self.deltas().await? {
                return Ok(());
            }
            if Instant::now() >= bookmark {
                self.bookmark().await?;
                bookmark = Instant::now() + BOOKMARKS;
            }
            tokio::select! {
                biased;
                () = self.handle.stopping() => return Err(Error::Stopping),
                () = self.events.closed() => return Ok(()),
                // News, or time for a bookmark; an engine that is gone brings neither.
                news = timeout_at(bookmark, revisions.come()) => if let Ok(false) = news {
                    return Err(Error::Stopping);
                },
            }
        }
    }

    /// Sends everything as it is now; true if the sweep is over.
    async fn snapshot(&mut self) -> Result<bool> {
        let mut view = self.handle.view().await?;
        let conn = view.conn();
        self.revision = transitions::newest(conn).await?;
        let row = sweeps::get(conn, self.sweep).await?;
        let plan = self.handle.plan(conn, self.sweep).await?;
        let groups = groups::list(conn, self.sweep, 0, u32::MAX).await?;
        let snapshot = Snapshot {
            sweep: Some(present::whole_sweep(&self.handle, conn, &row).await?),
            groups: groups.iter().map(|group| present::group(&plan, group)).collect(),
        };
        drop(view);
        self.send(Event::Snapshot(snapshot)).await?;
        Ok(row.state.is_final())
    }

    /// Sends what has happened since; true if the sweep is over.
    async fn deltas(&mut self) -> Result<bool> {
        loop {
            let mut view = self.handle.view().await?;
            let page = transitions::after(view.conn(), self.sweep, self.revision, PAGE).await?;
            let row = sweeps::get(view.conn(), self.sweep).await?;
            let full = page.len() == PAGE as usize;
            let mut events = Vec::with_capacity(page.len());
            for transition in page {
                let revision = transition.revision;
                let event = self.event(view.conn(), &row, transition).await?;
                events.push((revision, event));
            }
            // Someone who resumes after the end is told of it again.
            if events.is_empty() && row.state.is_final() && !self.over {
                let sweep = present::sweep(&self.handle, view.conn(), &row).await?;
                events.push((self.revision, Some(Event::Sweep(sweep))));
            }
            drop(view);
            for (revision, event) in events {
                self.revision = revision;
                if let Some(event) = event {
                    self.send(event).await?;
                }
            }
            if !full {
                return Ok(row.state.is_final());
            }
        }
    }

    async fn event(&mut self, conn: &mut Conn, row: &SweepRow, transition: Transition) -> Result<Option<Event>> {
        let plan = self.handle.plan(conn, self.sweep).await?;
        Ok(match transition.change {
            Change::Trial(index, change) => {
                let mut trial = present::changed_trial(row, &plan, index, change, transition.at);
                if trial.state() == TrialState::Completed {
                    let outcome = outcomes::without_scores(conn, self.sweep, index..index + 1).await?;
                    let origin = reuse::origins(conn, self.sweep, index..index + 1).await?;
                    if let Some(outcome) = outcome.into_values().next() {
                        present::complete(&mut trial, &plan, outcome, origin.into_values().next());
                    }
                }
                Some(Event::Trial(trial))
            }
            Change::Group(group) => Some(Event::Group(present::group(&plan, &group))),
            // It was over once and is not any more.
            Change::Sweep(state) if state.is_final() && !row.state.is_final() => None,
            Change::Sweep(state) => {
                let ended_at = row.ended_at.filter(|_| state.is_final());
                let row = SweepRow {
                    state,
                    ended_at,
                    pause_reason: row.pause_reason.clone().filter(|_| state == SweepState::Paused),
                    ..row.clone()
                };
                self.over = state.is_final();
                Some(Event::Sweep(present::sweep(&self.handle, conn, &row).await?))
            }
            Change::Evaluation(..) => None,
        })
    }

    async fn bookmark(&mut self) -> Result<()> {
        let mut view = self.handle.view().await?;
        let row = sweeps::get(view.conn(), self.sweep).await?;
        let progress = present::progress(&self.handle, view.conn(), &row).await?;
        drop(view);
        self.send(Event::Bookmark(progress)).await
    }

    /// Hands an event to the reader, who may take its time but not for ever.
    async fn send(&mut self, event: Event) -> Result<()> {
        let response = WatchSweepResponse {
            revision: self.revision.unsigned_abs(),
            event: Some(event),
        };
        let patience = self.handle.settings().patience;
        match self.events.send_timeout(response, patience).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(Error::SlowReader(patience)),
            // The reader is gone: nobody will see this.
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(Error::Stopping),
        }
    }
}
