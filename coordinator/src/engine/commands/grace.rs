//! The first command after an absence, such as before a start: live leases get a full term, since nobody could renew them
//! while the coordinator was away. Its absence is not charged to the workers.

use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{evaluations, job::Job, trials},
};
use augur_core::{
    state::{JobEvent, JobState},
    time::Timestamp,
};

/// One term for every lease.
pub(crate) struct Grace;

impl Command for Grace {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        let end = cx.lease_end();
        for row in trials::leased(cx.conn).await? {
            if let Some(event) = renewal(&row.job, end) {
                move_trial(cx, &row, &event).await?;
            }
        }
        for row in evaluations::leased(cx.conn).await? {
            if let Some(event) = renewal(&row.job, end) {
                move_evaluation(cx, &row, &event).await?;
            }
        }
        Ok(())
    }
}

fn renewal(job: &Job, end: Timestamp) -> Option<JobEvent> {
    match &job.state {
        JobState::Leased(lease) => Some(JobEvent::Renew {
            token: lease.token,
            expires: end,
        }),
        _ => None,
    }
}
