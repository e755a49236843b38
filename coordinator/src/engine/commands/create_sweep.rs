//! Submits a spec: the sweep with all its trials, in one transaction.

use super::RequestKey;
use crate::{
    engine::{command::Command, context::Cx},
    error::{Error, Result},
    store::{
        SweepKey, groups,
        sweeps::{self, SweepRow, SweepState},
        transitions::Change,
        trials, verbs,
    },
};
use augur_core::{id::TrialId, plan::Plan, spec};

/// A spec that was parsed, with its trials in the plan's order: identifier, group, and rank in the order of leases.
pub(crate) struct CreateSweep {
    pub plan: Plan,
    pub yaml: String,
    pub trials: Vec<(TrialId, u32, u32)>,
    /// Whether what was computed before may be taken instead of computed again.
    pub reuse: bool,
    /// The sweep that it extends: it has all of its trials too, and waits for those that run there.
    pub extends: Option<SweepKey>,
    pub request: Option<RequestKey>,
}

impl Command for CreateSweep {
    type Answer = SweepRow;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<SweepRow> {
        if let Some(request) = &self.request
            && let Some(sweep) = request.seen(cx).await?
        {
            return Ok(sweep);
        }
        let sweep = match existing(cx.conn, &self.plan).await? {
            Some(sweep) => sweep,
            None => self.insert(cx).await?,
        };
        if let Some(request) = &self.request {
            request.remember(cx, &sweep).await?;
        }
        Ok(sweep)
    }
}

impl CreateSweep {
    async fn insert(&self, cx: &mut Cx<'_>) -> Result<SweepRow> {
        let Self { plan, yaml, trials, .. } = self;
        let spec = plan.spec();
        let key = sweeps::insert(cx.conn, spec, yaml, [plan.groups(), plan.trials()], self.reuse, cx.now).await?;
        groups::insert(cx.conn, key, plan.groups(), &plan.candidates()).await?;
        trials::insert(cx.conn, key, trials, cx.now).await?;
        if let Some(source) = self.extends {
            verbs::set_extends(cx.conn, key, source).await?;
        }
        // The trials' first state follows from the spec: it needs no transitions of its own.
        cx.record(key, &Change::Sweep(SweepState::Running)).await?;
        cx.batch.work = true;
        tracing::info!(sweep = %spec.id(), name = spec.name, trials = plan.trials(), "sweep created");
        Ok(sweeps::get(cx.conn, key).await?)
    }
}

/// The sweep that has the plan's name, if there is one with the same spec.
///
/// # Errors
/// [`Error::SweepNameTaken`] where it has another one.
pub(crate) async fn existing(conn: &mut crate::store::Conn, plan: &Plan) -> Result<Option<SweepRow>> {
    let new = plan.spec();
    let Some(sweep) = sweeps::by_name(conn, &new.name).await? else {
        return Ok(None);
    };
    if sweep.spec_sha256 == new.sha256() {
        return Ok(Some(sweep));
    }
    let old = sweeps::spec(conn, sweep.key).await?;
    Err(Error::SweepNameTaken {
        name: sweep.name,
        differences: spec::differences(&old, new),
    })
}
