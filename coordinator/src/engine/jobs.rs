//! Moves trials and evaluations through their states: every change goes through `JobState::apply`, and is written with
//! its counters and its transition.

use super::{context::Cx, groups, halving};
use crate::{
    error::Result,
    store::{
        evaluations::{self, EvaluationRow},
        job::Job,
        sweeps,
        transitions::Change,
        trials::{self, TrialRow},
    },
};
use augur_core::{
    state::RetryPolicy,
    state::{Applied, Cause, JobEvent, JobState},
};

/// The job after `event`; none where nothing changes.
fn next(job: &Job, event: &JobEvent, policy: &RetryPolicy, cx: &Cx<'_>) -> Result<Option<Job>> {
    let Applied::To(state) = job.state.apply(event, policy)? else {
        return Ok(None);
    };
    let mut moved = job.moved(state, cause(job, event), cx.now);
    if let JobEvent::Renew { .. } = event {
        moved.updated_at = job.updated_at;
    }
    Ok(Some(moved))
}

/// Why the attempt failed, if `event` ends one.
fn cause(job: &Job, event: &JobEvent) -> Option<Cause> {
    match (event, &job.state) {
        (JobEvent::Fail { cause, .. }, _) => Some(cause.clone()),
        (JobEvent::Tick { .. }, JobState::Leased(lease)) => Some(lease.lost()),
        _ => None,
    }
}

/// Applies an event to a trial; returns the job if it changed. The group takes note of a failure or a stop;
/// of a completion its caller tells it, with the outcome.
pub(super) async fn move_trial(cx: &mut Cx<'_>, row: &TrialRow, event: &JobEvent) -> Result<Option<Job>> {
    let plan = cx.plan(row.sweep).await?;
    let Some(job) = next(&row.job, event, &plan.spec().retry, cx)? else {
        return Ok(None);
    };
    trials::put(cx.conn, row.sweep, row.index, &job).await?;
    if !matches!(event, JobEvent::Renew { .. }) {
        sweeps::count(cx.conn, row.sweep, &row.job.state, &job.state, 1).await?;
        cx.record(row.sweep, &Change::Trial(row.index, (&job).into())).await?;
    }
    match &job.state {
        JobState::Pending(_) => cx.batch.work = true,
        JobState::Failed { .. } => {
            groups::trial_failed(cx, row).await?;
            halving::settle(cx, row.sweep, row.group).await?;
        }
        JobState::Stopped { .. } => groups::trial_stopped(cx, row).await?,
        JobState::Leased(_) | JobState::Completed { .. } | JobState::Cancelled => {}
    }
    Ok(Some(job))
}

/// Applies an event to an evaluation; returns the job if it changed. A group whose evaluation fails for good is done
/// without agreement; of a completion its caller tells it.
pub(super) async fn move_evaluation(cx: &mut Cx<'_>, row: &EvaluationRow, event: &JobEvent) -> Result<Option<Job>> {
    let plan = cx.plan(row.sweep).await?;
    let Some(job) = next(&row.job, event, &plan.spec().retry, cx)? else {
        return Ok(None);
    };
    evaluations::put(cx.conn, row.sweep, row.group, &job).await?;
    if !matches!(event, JobEvent::Renew { .. }) {
        cx.record(row.sweep, &Change::Evaluation(row.group, (&job).into()))
            .await?;
    }
    match &job.state {
        JobState::Pending(_) => cx.batch.work = true,
        JobState::Failed { cause, .. } => {
            let task = plan.group(row.group).task;
            tracing::warn!(sweep = plan.spec().name, task, "no agreement with the labels: {cause}");
            groups::finish(cx, row.sweep, row.group).await?;
        }
        JobState::Leased(_) | JobState::Completed { .. } | JobState::Cancelled | JobState::Stopped { .. } => {}
    }
    Ok(Some(job))
}
