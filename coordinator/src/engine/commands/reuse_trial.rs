//! Completes a trial with what an earlier sweep computed: a worker has found that it was computed from the same.

use super::heard;
use crate::{
    engine::{command::Command, context::Cx, groups, halving, jobs::move_trial},
    error::{Error, Result},
    store::{StoreError, outcomes, reuse, sweeps, trials},
};
use augur_core::{
    halving::Rules,
    id::{LeaseToken, SweepId, WorkerId},
    state::{JobEvent, Refusal},
};

/// The lease, and the sweep whose trial of the same identifier is taken.
pub(crate) struct ReuseTrial {
    pub worker: WorkerId,
    pub token: LeaseToken,
    pub from: SweepId,
    /// What this worker's computation would start from.
    pub fingerprint: String,
    /// The trial's detector is wanted and was not found.
    pub detector_missing: bool,
}

impl Command for ReuseTrial {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        heard(cx, self.worker).await?;
        let row = trials::by_token(cx.conn, self.token).await?.ok_or(Refusal::Stale)?;
        let source = match sweeps::by_id(cx.conn, self.from).await? {
            Some(sweep) => trials::by_id(cx.conn, sweep.key, row.trial).await?,
            None => None,
        };
        let source = source.ok_or_else(|| invalid("names no sweep that has this trial"))?;
        let known = reuse::fingerprint(cx.conn, source.sweep, source.index).await?;
        if self.fingerprint.is_empty() || known.as_ref() != Some(&self.fingerprint) {
            return Err(invalid("was not completed with this fingerprint; compute the trial"));
        }
        let plan = cx.plan(row.sweep).await?;
        let criterion = plan.spec().selection.criterion;
        let rules = Rules::of(&plan, row.group);
        let rungs = rules.map_or(Vec::new(), |rules| rules.rungs);
        let from = (source.sweep, source.index, source.job.begun);
        let judged = reuse::judged(cx.conn, from, &rungs).await?;
        let judged =
            judged.ok_or_else(|| invalid("was not judged at the rungs of early stopping; compute the trial"))?;
        let token = self.token;
        let Some(job) = move_trial(cx, &row, &JobEvent::Complete { token }).await? else {
            return Ok(());
        };
        let to = (row.sweep, row.index, job.begun);
        reuse::copy(cx.conn, from, to, self.detector_missing).await?;
        let outcome = outcomes::without_scores(cx.conn, row.sweep, row.index..row.index + 1).await?;
        let outcome = outcome.into_values().next().ok_or(StoreError::Damaged("outcome"))?;
        outcomes::set_loss(cx.conn, row.sweep, row.index, &outcome, criterion).await?;
        halving::note(cx, &row, &judged).await?;
        groups::trial_completed(cx, &row, &outcome).await?;
        halving::settle(cx, row.sweep, row.group).await
    }
}

fn invalid(problem: &str) -> Error {
    Error::Invalid {
        field: "reused",
        problem: problem.to_owned(),
    }
}
