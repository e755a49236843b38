//! Says which sweep is leased first: the one of the highest priority, then the oldest.

use super::{RequestKey, done, seen};
use crate::{
    engine::{command::Command, context::Cx},
    error::{Error, Result},
    store::{
        SweepKey,
        sweeps::{self, SweepRow},
        transitions::Change,
        verbs,
    },
};
use augur_core::sweep::SweepRefusal;

/// A sweep and its priority.
pub(crate) struct SetPriority {
    pub sweep: SweepKey,
    pub priority: i32,
    pub request: Option<RequestKey>,
}

impl Command for SetPriority {
    type Answer = SweepRow;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<SweepRow> {
        if let Some(sweep) = seen(cx, self.request.as_ref()).await? {
            return Ok(sweep);
        }
        let sweep = sweeps::get(cx.conn, self.sweep).await?;
        if sweep.state.is_final() {
            return Err(Error::SweepState(sweep.name, SweepRefusal::Over("given a priority")));
        }
        verbs::set_priority(cx.conn, self.sweep, self.priority).await?;
        // Watchers see the sweep again.
        cx.record(self.sweep, &Change::Sweep(sweep.state)).await?;
        done(cx, self.sweep, self.request).await
    }
}
