//! Moves trials and evaluations through their states: every change goes through `JobState::apply`, and is written with
//! its counters and its transition.

use super::{breaker, context::Cx, groups, halving};
use crate::{
    error::Result,
    store::{
        evaluations::{self, EvaluationRow},
        job::Job,
        sweeps,
        transitions::Change,
        trials::{self, TrialRow},
        verbs,
    },
    watching::{noted::Whose, story},
};
use augur_core::{
    state::RetryPolicy,
    state::{Applied, Cause, JobEvent, JobState, Lease},
};

/// The job after `event`; none where nothing changes.
fn next((whose, job): (Whose, &Job), event: &JobEvent, policy: &RetryPolicy, cx: &mut Cx<'_>) -> Result<Option<Job>> {
    let Applied::To(state) = job.state.apply(event, policy)? else {
        return Ok(None);
    };
    let mut moved = job.moved(state, cause(job, event), cx.now);
    if !is_transition(event) {
        moved.updated_at = job.updated_at;
    }
    cx.batch.noted.moved(whose, job, &moved, event, cx.now);
    Ok(Some(moved))
}

/// Whether an event changes where a job stands, beyond the times of its lease.
fn is_transition(event: &JobEvent) -> bool {
    !matches!(
        event,
        JobEvent::Renew { .. } | JobEvent::Advance { .. } | JobEvent::Grace { .. }
    )
}

/// Why the attempt failed, if `event` ends one.
fn cause(job: &Job, event: &JobEvent) -> Option<Cause> {
    match (event, &job.state) {
        (JobEvent::Fail { cause, .. }, _) => Some(cause.clone()),
        (JobEvent::Tick { now }, JobState::Leased(lease)) => lease.ends(*now),
        (JobEvent::Cancel, JobState::Leased(_)) => Some(Lease::cancelled()),
        _ => None,
    }
}

/// Applies an event to a trial; returns the job if it changed. The group takes note of a failure or a stop;
/// of a completion its caller tells it, with the outcome.
pub(super) async fn move_trial(cx: &mut Cx<'_>, row: &TrialRow, event: &JobEvent) -> Result<Option<Job>> {
    let plan = cx.plan(row.sweep).await?;
    let Some(job) = next((Whose::Trial, &row.job), event, &plan.spec().retry, cx)? else {
        return Ok(None);
    };
    trials::put(cx.conn, row.sweep, row.index, &job).await?;
    if is_transition(event) {
        sweeps::count(cx.conn, row.sweep, &row.job.state, &job.state, 1).await?;
        cx.record(row.sweep, &Change::Trial(row.index, (&job).into())).await?;
        story::trial(cx, row, &job).await?;
    }
    match &job.state {
        JobState::Pending(_) => cx.batch.work = true,
        JobState::Failed { .. } => {
            groups::trial_failed(cx, row).await?;
            halving::settle(cx, row.sweep, row.group).await?;
        }
        JobState::Stopped { .. } => groups::trial_stopped(cx, row).await?,
        JobState::Completed { .. } => breaker::completed(cx, row.sweep).await?,
        JobState::Leased(_) | JobState::Cancelled => {}
    }
    if let Some(cause) = cause(&row.job, event) {
        breaker::failed(cx, row, &cause).await?;
    }
    if job.state.is_terminal() && verbs::is_extended(cx.conn, row.sweep).await? {
        cx.batch.work = true;
    }
    Ok(Some(job))
}

/// Applies an event to an evaluation; returns the job if it changed. A group whose evaluation fails for good is done
/// without agreement; of a completion its caller tells it.
pub(super) async fn move_evaluation(cx: &mut Cx<'_>, row: &EvaluationRow, event: &JobEvent) -> Result<Option<Job>> {
    let plan = cx.plan(row.sweep).await?;
    let Some(job) = next((Whose::Evaluation, &row.job), event, &plan.spec().retry, cx)? else {
        return Ok(None);
    };
    evaluations::put(cx.conn, row.sweep, row.group, &job).await?;
    if is_transition(event) {
        cx.record(row.sweep, &Change::Evaluation(row.group, (&job).into()))
            .await?;
        story::evaluation(cx, row, &job).await?;
    }
    match &job.state {
        JobState::Pending(_) => cx.batch.work = true,
        JobState::Failed { cause, .. } => {
            let task = plan.group(row.group).task;
            let (attempt, worker) = (job.begun, job.worker.map(|worker| worker.to_string()));
            let (sweep, name) = (plan.spec().id(), &plan.spec().name);
            tracing::warn!(%sweep, name, task, attempt, worker, "no agreement with the labels: {cause}");
            groups::finish(cx, row.sweep, row.group).await?;
        }
        JobState::Leased(_) | JobState::Completed { .. } | JobState::Cancelled | JobState::Stopped { .. } => {}
    }
    Ok(Some(job))
}
