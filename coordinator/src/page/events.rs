//! Server-sent events of a sweep's progress, made of WatchSweep: at most two a second, each with the revision up to which it
//! tells, so that a browser that lost the connection goes on from there by itself.

use super::{Page, failure::Failure, json};
use crate::{error::Error, safety::Visitor};
use augur_proto::v1::{
    self, WatchSweepRequest, WatchSweepResponse, sweep_service_server::SweepService,
    watch_sweep_response::Event as News,
};
use axum::{
    Extension,
    extract::{Path, State},
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use serde::Serialize;
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Code, Request, Status};

/// The shortest time between two events.
const PACE: Duration = Duration::from_millis(500);

/// What happens at once is told at once.
const TOGETHER: Duration = Duration::from_millis(50);

/// After this a browser tries again.
const RETRY: Duration = Duration::from_secs(1);

/// What happened since the last event.
#[derive(Serialize)]
struct Progress {
    sweep: json::Sweep,
    /// A group has changed: counts of tasks, and perhaps the leaderboard.
    groups_changed: bool,
    /// Trials that changed.
    trials_changed: u32,
    /// There will be no more events, unless somebody takes the sweep up again.
    over: bool,
}

/// What waits to be told.
#[derive(Default)]
struct Waiting {
    revision: u64,
    groups: bool,
    trials: u32,
    any: bool,
}

impl Waiting {
    fn take(&mut self, news: &WatchSweepResponse) {
        self.any = true;
        self.revision = news.revision;
        match &news.event {
            Some(News::Trial(_)) => self.trials += 1,
            Some(News::Group(_) | News::Snapshot(_) | News::Sweep(_)) => self.groups = true,
            Some(News::Bookmark(_)) | None => {}
        }
    }
}

pub(super) async fn events(
    State(page): State<Page>,
    Path(sweep): Path<String>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let name = format!("sweeps/{sweep}");
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let open = page.doorkeeper.stream(&visitor);
    let open = open.map_err(|refusal| Status::from(Error::Denied(refusal)))?;
    let watched = watch(&page, &name, last.unwrap_or(0)).await?;
    let (events, stream) = mpsc::channel(1);
    tokio::spawn(async move {
        // An error ends the stream, and the browser begins again.
        let _ = tell(&page, &name, &visitor, watched, &events).await;
        drop(open);
    });
    let stream = ReceiverStream::new(stream).map(Ok);
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

type Watch = <crate::service::Sweeps as SweepService>::WatchSweepStream;

/// The news after a revision. One of another store, or of none, is where a browser was before: it begins anew.
async fn watch(page: &Page, name: &str, revision: u64) -> Result<Watch, Status> {
    let from = |resume_revision| WatchSweepRequest {
        name: name.to_owned(),
        resume_revision,
    };
    let answer = match page.sweeps.watch_sweep(Request::new(from(revision))).await {
        Err(status) if status.code() == Code::OutOfRange => page.sweeps.watch_sweep(Request::new(from(0))).await,
        answer => answer,
    };
    Ok(answer?.into_inner())
}

/// Puts news together and tells them, until the sweep is over or nobody listens.
async fn tell(
    page: &Page,
    name: &str,
    visitor: &Visitor,
    mut watched: Watch,
    events: &mpsc::Sender<Event>,
) -> Result<(), Status> {
    let mut waiting = Waiting::default();
    let mut next = Instant::now();
    // A watch ends in order when the sweep is over, else with an error.
    loop {
        let ended = tokio::select! {
            biased;
            () = page.stopping.cancelled() => return Ok(()),
            () = events.closed() => return Ok(()),
            () = sleep_until(next), if waiting.any => false,
            news = watched.next() => match news {
                Some(news) => {
                    if !waiting.any {
                        next = next.max(Instant::now() + TOGETHER);
                    }
                    waiting.take(&news?);
                    continue;
                }
                None => true,
            },
        };
        if !page.doorkeeper.still_knows(visitor) {
            return Ok(());
        }
        let event = event(page, name, &waiting, ended).await?;
        if events.send(event).await.is_err() || ended {
            return Ok(());
        }
        waiting = Waiting {
            revision: waiting.revision,
            ..Waiting::default()
        };
        next = Instant::now() + PACE;
    }
}

async fn event(page: &Page, name: &str, waiting: &Waiting, over: bool) -> Result<Event, Status> {
    let request = v1::GetSweepRequest { name: name.to_owned() };
    let sweep = page.sweeps.get_sweep(Request::new(request)).await?.into_inner();
    let progress = Progress {
        sweep: sweep.into(),
        groups_changed: waiting.groups,
        trials_changed: waiting.trials,
        over,
    };
    let event = Event::default()
        .id(waiting.revision.to_string())
        .event("progress")
        .retry(RETRY);
    event
        .json_data(progress)
        .map_err(|error| Status::internal(error.to_string()))
}
