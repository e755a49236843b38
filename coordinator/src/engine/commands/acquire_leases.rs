//! Gives a worker what waits: evaluations of sealed groups first, then trials: oldest sweep first, long ones first
//! (`core::cost`).

use super::heard;
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{SweepKey, evaluations, job::Job, trials},
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    state::{JobEvent, JobState, Lease},
};
use uuid::Uuid;

/// A worker with free slots.
pub(crate) struct AcquireLeases {
    pub worker: WorkerId,
    pub max: u32,
}

/// What a lease is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// The trial at a position.
    Trial(SweepKey, u32),
    /// The evaluation of a group.
    Evaluation(SweepKey, u32),
}

/// A lease that was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grant {
    pub lease: Lease,
    pub work: Work,
}

impl Command for AcquireLeases {
    type Answer = Vec<Grant>;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<Vec<Grant>> {
        heard(cx, self.worker).await?;
        let mut grants = Vec::new();
        for row in evaluations::pending(cx.conn, self.max).await? {
            let job = move_evaluation(cx, &row, &self.acquire(cx)).await?;
            grants.extend(grant(job, Work::Evaluation(row.sweep, row.group)));
        }
        let left = self.max.saturating_sub(u32::try_from(grants.len()).unwrap_or(u32::MAX));
        for row in trials::pending(cx.conn, left).await? {
            let job = move_trial(cx, &row, &self.acquire(cx)).await?;
            grants.extend(grant(job, Work::Trial(row.sweep, row.index)));
        }
        Ok(grants)
    }
}

impl AcquireLeases {
    fn acquire(&self, cx: &Cx<'_>) -> JobEvent {
        JobEvent::Acquire {
            worker: self.worker,
            token: LeaseToken::from_uuid(Uuid::now_v7()),
            expires: cx.lease_end(),
        }
    }
}

fn grant(job: Option<Job>, work: Work) -> Option<Grant> {
    match job?.state {
        JobState::Leased(lease) => Some(Grant { lease, work }),
        _ => None,
    }
}
