//! The circuit breaker (`core::breaker`), in the transaction of the failure or the completion that it hears of.

use super::{context::Cx, pauses::pause};
use crate::{
    error::Result,
    store::{SweepKey, sweeps, trials::TrialRow, verbs},
};
use augur_core::{state::Cause, sweep::SweepState};

/// An attempt of a trial has failed: pauses the sweep if that was one too many of its kind.
pub(super) async fn failed(cx: &mut Cx<'_>, row: &TrialRow, cause: &Cause) -> Result<()> {
    let limit = cx.plan(row.sweep).await?.spec().retry.breaker;
    if limit == 0 || !cause.kind.is_of_the_trial() {
        return Ok(());
    }
    let mut breaker = verbs::breaker(cx.conn, row.sweep).await?;
    let reason = breaker.failed(row.index, cause, limit);
    verbs::put_breaker(cx.conn, row.sweep, &breaker).await?;
    let Some(reason) = reason else { return Ok(()) };
    // The failure may have been the sweep's last event, and a paused one keeps its reason.
    let sweep = sweeps::get(cx.conn, row.sweep).await?;
    if sweep.state == SweepState::Running {
        let (attempt, worker) = (row.job.begun, row.job.worker.map(|worker| worker.to_string()));
        let name = &sweep.name;
        tracing::warn!(sweep = %sweep.sweep, name, trial = %row.trial, attempt, worker, "paused: {reason}");
        pause(cx, row.sweep, &reason, false).await?;
    }
    Ok(())
}

/// A trial has completed: the row is broken.
pub(super) async fn completed(cx: &mut Cx<'_>, sweep: SweepKey) -> Result<()> {
    Ok(verbs::reset_breaker(cx.conn, sweep).await?)
}
