//! Takes the outcome of a trial. With the last trial of a group its choice is sealed.

use super::heard;
use crate::{
    engine::{command::Command, context::Cx, groups, halving, jobs::move_trial},
    error::{Error, Result},
    store::{outcomes, sweeps, trials, workers},
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    outcome::Outcome,
    plan::{Method, Plan},
    state::{JobEvent, Refusal},
};

/// An outcome and the lease under which it came about.
pub(crate) struct CompleteTrial {
    pub worker: WorkerId,
    pub token: LeaseToken,
    pub outcome: Outcome,
    /// What it was computed from; empty where the worker does not know.
    pub fingerprint: String,
}

impl Command for CompleteTrial {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        heard(cx, self.worker).await?;
        let Self {
            worker,
            token,
            outcome,
            fingerprint,
        } = self;
        let row = trials::by_token(cx.conn, token).await?.ok_or(Refusal::Stale)?;
        let plan = cx.plan(row.sweep).await?;
        check(&plan, row.index, &outcome)?;
        let criterion = plan.spec().selection.criterion;
        halving::require_values(cx, &row).await?;
        let Some(job) = move_trial(cx, &row, &JobEvent::Complete { token }).await? else {
            return Ok(());
        };
        let libtorch = workers::libtorch_version(cx.conn, worker).await?;
        let made_of = (libtorch.as_str(), fingerprint.as_str());
        let place = (row.sweep, row.index, job.begun);
        outcomes::insert(cx.conn, place, made_of, &outcome, criterion).await?;
        sweeps::add_seconds(cx.conn, row.sweep, outcome.seconds).await?;
        groups::trial_completed(cx, &row, &outcome).await
    }
}

/// An outcome is whole and finite; a worker that can't give one fails its lease instead.
fn check(plan: &Plan, index: u32, outcome: &Outcome) -> Result<()> {
    let invalid = |field, problem: &str| {
        Err(Error::Invalid {
            field,
            problem: problem.to_owned(),
        })
    };
    if let Method::Augmented { family, initial } = plan.trial(index).method {
        if let Some(name) = initial.keys().find(|name| !outcome.tuned.contains_key(*name)) {
            return invalid("outcome.tuned", &format!("lacks {name}, which {} has", family.name()));
        }
        if outcome.validation.is_none() || outcome.diagnostics.is_none() {
            return invalid(
                "outcome",
                "needs its validation and its diagnostics, by which trials are compared",
            );
        }
    }
    if outcome.scores.is_empty() {
        return invalid("outcome.scores", "is empty; give the score of each validation image");
    }
    if !outcome.is_finite() || !outcome.seconds.is_finite() || outcome.seconds < 0.0 {
        return invalid(
            "outcome",
            "has a number that is not finite; report it with FailLease as CAUSE_KIND_NUMERICAL",
        );
    }
    Ok(())
}
