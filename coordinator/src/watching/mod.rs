//! What operators watch: metrics for Prometheus (`/metrics`), and traces of trials. The engine and the services tell of what
//! happened by a few calls; what the store keeps count of is read when somebody asks.
//!
//! `noted` is what one transaction did, which counts only once it is committed; `metrics` has the counters; `rpc` is around every
//! call; `facts` reads the store; `scrape` puts all of it together; `story` makes spans of what happened to a trial.

pub(crate) mod facts;
pub(crate) mod metrics;
pub(crate) mod noted;
pub(crate) mod rpc;
pub(crate) mod scrape;
pub(crate) mod story;

use crate::store::{StoreError, Writer};
use augur_watching::traces::Traces;
use metrics::Metrics;
use noted::Noted;
use std::time::Duration;

/// What the coordinator tells of itself.
pub(crate) struct Watching {
    pub metrics: Metrics,
    traces: Option<Traces>,
}

impl Watching {
    pub fn new(writer: &Writer, traces: Option<Traces>) -> Self {
        Self {
            metrics: Metrics::new(writer.reconnects()),
            traces,
        }
    }

    /// Where spans go, if anybody wants them.
    pub fn traces(&self) -> Option<&Traces> {
        self.traces.as_ref()
    }

    /// A batch of so many commands was committed; its commit alone took `commit`.
    pub fn committed(&self, commands: usize, [whole, commit]: [Duration; 2], noted: Noted) {
        let store = &self.metrics.store;
        store.batch.observe(commands as f64);
        store.transaction.observe(whole.as_secs_f64());
        store.commit.observe(commit.as_secs_f64());
        self.metrics.leases.note(&noted);
        if let Some(traces) = &self.traces {
            noted.spans.into_iter().for_each(|(span, end)| traces.end(span, end));
        }
    }

    /// A batch was undone.
    pub fn undone(&self, error: &StoreError) {
        self.metrics.store.failed(error);
    }
}
