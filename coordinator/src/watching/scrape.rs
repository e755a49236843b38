//! `/metrics`: what was counted, what the store says now, and what the system says of the process.

use super::facts;
use crate::{engine::CoordinatorHandle, store::Location};
use augur_watching::{exposition, process::process};
use axum::{Router, extract::State, http::HeaderMap, response::Response, routing::get};
use prometheus_client::registry::Registry;
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// How long the store may take; a scrape that waits longer is given up by most Prometheus servers.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a scrape needs.
#[derive(Clone)]
pub(crate) struct Scrape {
    handle: CoordinatorHandle,
    /// The store's file, where it is one.
    file: Option<PathBuf>,
    /// One scrape reads at a time, however many ask.
    turn: Arc<Mutex<()>>,
}

impl Scrape {
    pub fn new(handle: CoordinatorHandle, store: &Location) -> Self {
        let file = match store {
            Location::Sqlite(path) => Some(path.clone()),
            Location::Memory | Location::Kept(_) | Location::Postgres(_) => None,
        };
        let turn = Arc::default();
        Self { handle, file, turn }
    }

    /// Its address, to be added to others.
    pub fn router(self) -> Router {
        Router::new().route("/metrics", get(metrics)).with_state(self)
    }

    async fn text(&self) -> Result<String, fmt::Error> {
        let reading = async {
            let _turn = self.turn.lock().await;
            facts::read(&self.handle).await
        };
        // A store that can't be read is one of the things to be shown.
        let facts = timeout(PATIENCE, reading).await.ok().and_then(Result::ok);
        let mut now = Registry::with_prefix("augur");
        facts::of_engine(&self.handle, facts.is_some(), &mut now);
        if let Some(facts) = &facts {
            facts.register(&mut now);
        }
        if let Some(file) = &self.file {
            facts::of_disk(file, &mut now);
        }
        exposition::open_metrics(&[&self.handle.watching().metrics.registry, &now, &process()])
    }
}

/// What a coordinator says that stands by: no more than that, and its process.
pub(crate) fn of_standby() -> Router {
    let metrics = async |headers: HeaderMap| {
        let mut now = Registry::with_prefix("augur");
        facts::of_role(false, &mut now);
        exposition::answer(&headers, exposition::open_metrics(&[&now, &process()]))
    };
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(scrape): State<Scrape>, headers: HeaderMap) -> Response {
    exposition::answer(&headers, scrape.text().await)
}
