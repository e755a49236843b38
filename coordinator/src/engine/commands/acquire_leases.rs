//! Gives a worker what waits: evaluations of sealed groups first, then trials; of sweeps that run, highest priority first, then
//! oldest; within a sweep long ones first (`core::cost`). A worker that is drained gets nothing.
//!
//! Before that, a worker gets again what it has by the store and knows nothing of: the answer that gave it was lost.

use super::heard;
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{
        SweepKey, evaluations,
        fleet::{self, Drain},
        job::Job,
        trials, verbs,
    },
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    state::{JobEvent, JobState, Lease},
};
use std::collections::HashSet;
use uuid::Uuid;

/// A worker with free slots.
pub(crate) struct AcquireLeases {
    pub worker: WorkerId,
    pub max: u32,
    /// What it knows to hold.
    pub held: HashSet<LeaseToken>,
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
        let (memory, drain) = fleet::offer(cx.conn, self.worker).await?;
        if drain != Drain::No {
            return Ok(Vec::new());
        }
        let mut grants = self.again(cx).await?;
        for row in evaluations::pending(cx.conn, self.left(&grants)).await? {
            let acquire = self.acquire(cx, row.sweep).await?;
            let job = move_evaluation(cx, &row, &acquire).await?;
            grants.extend(grant(job, Work::Evaluation(row.sweep, row.group)));
        }
        let since = cx.silence();
        let memory = [memory.unwrap_or(0), fleet::most_memory(cx.conn, since).await?];
        for sweep in verbs::leasable(cx.conn).await? {
            let left = self.left(&grants);
            if left == 0 {
                break;
            }
            for row in trials::pending(cx.conn, sweep, memory, left).await? {
                let acquire = self.acquire(cx, sweep).await?;
                let job = move_trial(cx, &row, &acquire).await?;
                grants.extend(grant(job, Work::Trial(sweep, row.index)));
            }
        }
        Ok(grants)
    }
}

impl AcquireLeases {
    fn left(&self, grants: &[Grant]) -> u32 {
        self.max.saturating_sub(u32::try_from(grants.len()).unwrap_or(u32::MAX))
    }

    /// What it was given and does not hold, for a new term. Work that was handed in is over in the store, so it is not here.
    async fn again(&self, cx: &mut Cx<'_>) -> Result<Vec<Grant>> {
        let most = self.max as usize;
        let mut grants = Vec::new();
        for row in evaluations::leased_to(cx.conn, self.worker).await? {
            if grants.len() < most
                && let Some(renew) = self.renew(cx, row.sweep, &row.job).await?
            {
                let job = move_evaluation(cx, &row, &renew).await?;
                grants.extend(grant(job, Work::Evaluation(row.sweep, row.group)));
            }
        }
        for row in trials::leased_to(cx.conn, self.worker).await? {
            if grants.len() < most
                && let Some(renew) = self.renew(cx, row.sweep, &row.job).await?
            {
                let job = move_trial(cx, &row, &renew).await?;
                grants.extend(grant(job, Work::Trial(row.sweep, row.index)));
            }
        }
        if !grants.is_empty() {
            tracing::info!(worker = %self.worker, leases = grants.len(), "given again: the answer was lost");
        }
        Ok(grants)
    }

    /// A new term for a lease that the worker does not know of.
    async fn renew(&self, cx: &mut Cx<'_>, sweep: SweepKey, job: &Job) -> Result<Option<JobEvent>> {
        let JobState::Leased(lease) = &job.state else {
            return Ok(None);
        };
        if self.held.contains(&lease.token) {
            return Ok(None);
        }
        Ok(Some(JobEvent::Renew {
            token: lease.token,
            expires: cx.lease_end(),
            excused: Some(cx.deadline(sweep).await?),
        }))
    }

    async fn acquire(&self, cx: &mut Cx<'_>, sweep: SweepKey) -> Result<JobEvent> {
        Ok(JobEvent::Acquire {
            worker: self.worker,
            token: LeaseToken::from_uuid(Uuid::now_v7()),
            expires: cx.lease_end(),
            deadline: cx.deadline(sweep).await?,
        })
    }
}

fn grant(job: Option<Job>, work: Work) -> Option<Grant> {
    match job?.state {
        JobState::Leased(lease) => Some(Grant { lease, work }),
        _ => None,
    }
}
