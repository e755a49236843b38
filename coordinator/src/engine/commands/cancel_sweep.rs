//! Cancels a sweep: whatever is pending or running ends here.

use super::{RequestKey, done, seen};
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::{Error, Result},
    store::{
        SweepKey, evaluations,
        sweeps::{self, SweepRow, SweepState},
        transitions::Change,
        trials,
    },
};
use augur_core::{
    state::{Applied, JobEvent, JobState, RetryPolicy, Tally},
    sweep::SweepEvent,
};

/// The sweep to be cancelled.
pub(crate) struct CancelSweep {
    pub sweep: SweepKey,
    pub request: Option<RequestKey>,
}

impl Command for CancelSweep {
    type Answer = SweepRow;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<SweepRow> {
        if let Some(sweep) = seen(cx, self.request.as_ref()).await? {
            return Ok(sweep);
        }
        let sweep = sweeps::get(cx.conn, self.sweep).await?;
        let after = sweep.state.apply(SweepEvent::Cancel);
        if after.map_err(|refusal| Error::SweepState(sweep.name, refusal))? != sweep.state {
            cancel(cx, self.sweep).await?;
        }
        done(cx, self.sweep, self.request).await
    }
}

async fn cancel(cx: &mut Cx<'_>, sweep: SweepKey) -> Result<()> {
    for trial in trials::leased_in(cx.conn, sweep).await? {
        move_trial(cx, &trial, &JobEvent::Cancel).await?;
    }
    cancel_pending(cx, sweep).await?;
    for evaluation in evaluations::open_in(cx.conn, sweep).await? {
        move_evaluation(cx, &evaluation, &JobEvent::Cancel).await?;
    }
    sweeps::end(cx.conn, sweep, SweepState::Cancelled, cx.now).await?;
    cx.record(sweep, &Change::Sweep(SweepState::Cancelled)).await
}

/// Cancels all pending trials at once: there can be very many, and `apply` answers the same for each.
async fn cancel_pending(cx: &mut Cx<'_>, sweep: SweepKey) -> Result<()> {
    let pending = JobState::Pending(Tally::default());
    if let Applied::To(cancelled) = pending.apply(&JobEvent::Cancel, &RetryPolicy::default())? {
        let n = trials::cancel_pending(cx.conn, sweep, cx.now).await?;
        sweeps::count(cx.conn, sweep, &pending, &cancelled, n).await?;
    }
    Ok(())
}
