//! Pausing a sweep and letting it run again, with the record of it.

use super::context::Cx;
use crate::{
    error::Result,
    store::{SweepKey, transitions::Change, verbs},
};
use augur_core::sweep::SweepState;

/// Pauses a sweep that runs, or is paused already; with `recall` what runs is given back.
pub(super) async fn pause(cx: &mut Cx<'_>, sweep: SweepKey, reason: &str, recall: bool) -> Result<()> {
    verbs::pause(cx.conn, sweep, reason, recall).await?;
    cx.record(sweep, &Change::Sweep(SweepState::Paused)).await
}

/// Lets a sweep run that was paused or over; the circuit breaker begins anew.
pub(super) async fn run(cx: &mut Cx<'_>, sweep: SweepKey) -> Result<()> {
    verbs::run(cx.conn, sweep).await?;
    cx.batch.work = true;
    cx.record(sweep, &Change::Sweep(SweepState::Running)).await
}
