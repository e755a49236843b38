//! What a command works with: its savepoint, the moment, the plans.

use super::{Settings, plans::Plans};
use crate::{
    error::Result,
    store::{
        Conn, SweepKey,
        transitions::{self, Change},
    },
    watching::{Watching, noted::Noted},
};
use augur_core::{plan::Plan, time::Timestamp};
use std::{sync::Arc, time::Duration};

/// What the engine tells after the commit.
#[derive(Default)]
pub(crate) struct Batch {
    /// There is something to lease that was not there before.
    pub work: bool,
    /// After a fault of the store: something was written, so that the commit shows whether it works again.
    pub wrote: bool,
    /// How long its commit took.
    pub commit: Duration,
    /// What is counted and traced.
    pub noted: Noted,
}

/// The surroundings of a command.
pub(crate) struct Cx<'a> {
    pub conn: &'a mut Conn,
    pub now: Timestamp,
    pub settings: &'a Settings,
    pub plans: &'a Plans,
    pub watching: &'a Watching,
    pub batch: Batch,
}

impl Cx<'_> {
    /// The plan of a sweep.
    pub async fn plan(&mut self, sweep: SweepKey) -> Result<Arc<Plan>> {
        Ok(self.plans.get(self.conn, sweep).await?.plan)
    }

    /// Appends to the record of what happened.
    pub async fn record(&mut self, sweep: SweepKey, change: &Change) -> Result<()> {
        Ok(transitions::append(self.conn, sweep, change, self.now).await?)
    }

    /// When an attempt of a sweep that moves on now is stalled.
    pub async fn deadline(&mut self, sweep: SweepKey) -> Result<Timestamp> {
        Ok(self.plan(sweep).await?.spec().retry.deadline(self.now))
    }

    /// Whoever was heard of since then is not lost.
    pub fn silence(&self) -> Timestamp {
        Timestamp(
            self.now
                .0
                .saturating_sub(self.settings.lease.as_millis().try_into().unwrap_or(i64::MAX)),
        )
    }

    /// When a lease ends that is given or renewed now.
    pub fn lease_end(&self) -> Timestamp {
        self.now.after(self.settings.lease)
    }
}
