//! The clock looks at the leases: what has ended, or does not move on, goes to the next worker.

use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{evaluations, trials},
};
use augur_core::state::JobEvent;

/// Leases that one look ends; the next look ends the rest.
const AT_ONCE: u32 = 1000;

/// One look.
pub(crate) struct Tick;

impl Command for Tick {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        let event = JobEvent::Tick { now: cx.now };
        for row in trials::expired(cx.conn, cx.now, AT_ONCE).await? {
            // A trial that fails for good may have decided on another one of the list by early stopping.
            let Some(row) = trials::by_id(cx.conn, row.sweep, row.trial).await? else {
                continue;
            };
            if let Some(job) = move_trial(cx, &row, &event).await? {
                let sweep = cx.plan(row.sweep).await?.spec().id();
                let worker = row.job.worker.map(|worker| worker.to_string());
                let (attempt, cause) = (row.job.begun, job.cause.map(|cause| cause.to_string()));
                tracing::warn!(%sweep, trial = %row.trial, attempt, worker, cause, "lease ended");
            }
        }
        for row in evaluations::expired(cx.conn, cx.now, AT_ONCE).await? {
            if let Some(job) = move_evaluation(cx, &row, &event).await? {
                let sweep = cx.plan(row.sweep).await?.spec().id();
                let worker = row.job.worker.map(|worker| worker.to_string());
                let (attempt, cause) = (row.job.begun, job.cause.map(|cause| cause.to_string()));
                tracing::warn!(%sweep, group = row.group, attempt, worker, cause, "lease ended");
            }
        }
        Ok(())
    }
}
