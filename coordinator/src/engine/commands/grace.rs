//! The first command after an absence, such as before a start: live leases get a full term, since nobody could renew them
//! or report while the coordinator was away. Its absence is not charged to the workers.

use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{SweepKey, evaluations, trials},
};
use augur_core::state::JobEvent;

/// One term for every lease.
pub(crate) struct Grace;

impl Command for Grace {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        for row in trials::leased(cx.conn).await? {
            let event = grace(cx, row.sweep).await?;
            move_trial(cx, &row, &event).await?;
        }
        for row in evaluations::leased(cx.conn).await? {
            let event = grace(cx, row.sweep).await?;
            move_evaluation(cx, &row, &event).await?;
        }
        Ok(())
    }
}

async fn grace(cx: &mut Cx<'_>, sweep: SweepKey) -> Result<JobEvent> {
    Ok(JobEvent::Grace {
        expires: cx.lease_end(),
        deadline: cx.deadline(sweep).await?,
    })
}
