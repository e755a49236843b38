//! Spans of what happened to a trial, made of what is stored when it moves on: they outlive this process, and so do the trials.
//! Nothing is read or made where nobody wants spans.

use super::noted::Whose;
use crate::{
    engine::Cx,
    store::{
        Result,
        evaluations::EvaluationRow,
        groups,
        job::Job,
        sweeps::{self, SweepRow},
        trials::TrialRow,
    },
};
use augur_core::{
    select::Choice,
    state::{Cause, JobState},
    time::Timestamp,
};
use augur_watching::traces::{Place, Span};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn at(moment: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(moment.0).unwrap_or(0))
}

/// A trial has moved on.
pub(crate) async fn trial(cx: &mut Cx<'_>, row: &TrialRow, job: &Job) -> Result<()> {
    if cx.watching.traces().is_none() {
        return Ok(());
    }
    let sweep = sweeps::get(cx.conn, row.sweep).await?;
    let name = name(&sweep, &row.trial.to_string());
    moved(cx, (Whose::Trial, &name), (&row.job, job), &sweep);
    if let Some(state) = terminal(&job.state) {
        let span = Span::root(Place::of_trial(&name), "trial", at(sweep.created_at))
            .with("augur.sweep", sweep.name)
            .with("augur.trial", name)
            .with("augur.state", state)
            .with("augur.attempts", i64::from(job.begun))
            .failed(failure(job));
        let now = at(cx.now);
        cx.batch.noted.spans.push((span, now));
    }
    Ok(())
}

/// An evaluation has moved on. It is part of the selected trial's story.
pub(crate) async fn evaluation(cx: &mut Cx<'_>, row: &EvaluationRow, job: &Job) -> Result<()> {
    if cx.watching.traces().is_none() {
        return Ok(());
    }
    let sweep = sweeps::get(cx.conn, row.sweep).await?;
    let choice = groups::choice(cx.conn, row.sweep, row.group).await?;
    if let Some(selected) = choice.iter().flat_map(|choice| &choice.ranking).next() {
        let name = name(&sweep, &selected.trial.to_string());
        moved(cx, (Whose::Evaluation, &name), (&row.job, job), &sweep);
    }
    Ok(())
}

/// The choice of a group was made, which began at `begun`.
pub(crate) async fn choice(
    cx: &mut Cx<'_>,
    row: crate::store::SweepKey,
    choice: &Choice,
    begun: Instant,
) -> Result<()> {
    let Some(selected) = choice.ranking.first().filter(|_| cx.watching.traces().is_some()) else {
        return Ok(());
    };
    let sweep = sweeps::get(cx.conn, row).await?;
    let name = name(&sweep, &selected.trial.to_string());
    let span = Span::under(Place::of_trial(&name), "choice", at(cx.now))
        .with("augur.sweep", sweep.name)
        .with("augur.trial", name)
        .with("augur.ranked", choice.ranking.len() as i64);
    let end = at(cx.now) + begun.elapsed();
    cx.batch.noted.spans.push((span, end));
    Ok(())
}

/// What a job did until now: waited, or was in a worker's hands.
fn moved(cx: &mut Cx<'_>, (whose, name): (Whose, &str), (from, to): (&Job, &Job), sweep: &SweepRow) {
    let trial = Place::of_trial(name);
    let span = match (&from.state, whose) {
        (JobState::Pending(_), _) => Span::under(trial, "queued", at(from.updated_at)),
        (JobState::Leased(lease), Whose::Trial) => {
            let place = Place::of_attempt(name, lease.attempt());
            Span::at(place, trial.span, "attempt", at(from.updated_at)).failed(failure(to))
        }
        (JobState::Leased(lease), Whose::Evaluation) => {
            let place = Place::of_evaluation(name, lease.attempt());
            Span::at(place, trial.span, "evaluation", at(from.updated_at)).failed(failure(to))
        }
        _ => return,
    };
    let mut span = span
        .with("augur.sweep", sweep.name.clone())
        .with("augur.trial", name.to_owned());
    let attempt = from.begun.max(to.begun);
    span = span.with("augur.attempt", i64::from(attempt));
    if let Some(worker) = to.worker {
        span = span.with("augur.worker", worker.to_string());
    }
    let now = at(cx.now);
    cx.batch.noted.spans.push((span, now));
}

fn failure(job: &Job) -> Option<String> {
    job.cause.as_ref().map(Cause::to_string)
}

fn terminal(state: &JobState) -> Option<&'static str> {
    match state {
        JobState::Pending(_) | JobState::Leased(_) => None,
        JobState::Completed { .. } => Some("completed"),
        JobState::Failed { .. } => Some("failed"),
        JobState::Cancelled => Some("cancelled"),
        JobState::Stopped { .. } => Some("stopped"),
    }
}

fn name(sweep: &SweepRow, trial: &str) -> String {
    format!("sweeps/{}/trials/{trial}", sweep.sweep)
}
