//! A worker says goodbye: what it still has is given back.

use super::heard;
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{evaluations, job::Job, trials, workers},
};
use augur_core::{
    id::WorkerId,
    state::{Cause, CauseKind, JobEvent, JobState},
};

/// Who leaves.
pub(crate) struct LeaveWorker {
    pub worker: WorkerId,
}

impl Command for LeaveWorker {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        heard(cx, self.worker).await?;
        for row in trials::leased_to(cx.conn, self.worker).await? {
            if let Some(event) = release(&row.job) {
                move_trial(cx, &row, &event).await?;
            }
        }
        for row in evaluations::leased_to(cx.conn, self.worker).await? {
            if let Some(event) = release(&row.job) {
                move_evaluation(cx, &row, &event).await?;
            }
        }
        workers::left(cx.conn, self.worker).await?;
        tracing::info!(worker = %self.worker, "worker left");
        Ok(())
    }
}

fn release(job: &Job) -> Option<JobEvent> {
    let JobState::Leased(lease) = &job.state else {
        return None;
    };
    Some(JobEvent::Fail {
        token: lease.token,
        cause: Cause {
            kind: CauseKind::Preempted,
            detail: "its worker left".into(),
        },
        memory: None,
    })
}
