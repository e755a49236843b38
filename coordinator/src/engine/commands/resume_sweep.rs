//! Resumes a paused sweep, whoever paused it; the circuit breaker begins anew.

use super::{RequestKey, done, seen};
use crate::{
    engine::{command::Command, context::Cx, pauses::run},
    error::{Error, Result},
    store::{
        SweepKey,
        sweeps::{self, SweepRow},
    },
};
use augur_core::sweep::SweepEvent;

/// The sweep to be resumed.
pub(crate) struct ResumeSweep {
    pub sweep: SweepKey,
    pub request: Option<RequestKey>,
}

impl Command for ResumeSweep {
    type Answer = SweepRow;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<SweepRow> {
        if let Some(sweep) = seen(cx, self.request.as_ref()).await? {
            return Ok(sweep);
        }
        let sweep = sweeps::get(cx.conn, self.sweep).await?;
        let fits = sweep.state.apply(SweepEvent::Resume);
        fits.map_err(|refusal| Error::SweepState(sweep.name, refusal))?;
        run(cx, self.sweep).await?;
        done(cx, self.sweep, self.request).await
    }
}
