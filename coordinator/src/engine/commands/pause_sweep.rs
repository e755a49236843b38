//! Pauses a sweep: nothing more of it is leased. What runs goes on to its end, or is given back.

use super::{RequestKey, done, seen};
use crate::{
    engine::{command::Command, context::Cx, pauses::pause},
    error::{Error, Result},
    store::{
        SweepKey,
        sweeps::{self, SweepRow},
    },
};
use augur_core::sweep::SweepEvent;

/// Why a sweep is paused that nobody but people paused.
pub(crate) const PAUSED_BY_SOMEBODY: &str = "somebody paused it";

/// The sweep to be paused.
pub(crate) struct PauseSweep {
    pub sweep: SweepKey,
    /// What runs is given back as well.
    pub now: bool,
    pub request: Option<RequestKey>,
}

impl Command for PauseSweep {
    type Answer = SweepRow;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<SweepRow> {
        if let Some(sweep) = seen(cx, self.request.as_ref()).await? {
            return Ok(sweep);
        }
        let sweep = sweeps::get(cx.conn, self.sweep).await?;
        let fits = sweep.state.apply(SweepEvent::Pause);
        fits.map_err(|refusal| Error::SweepState(sweep.name, refusal))?;
        pause(cx, self.sweep, PAUSED_BY_SOMEBODY, self.now).await?;
        done(cx, self.sweep, self.request).await
    }
}
