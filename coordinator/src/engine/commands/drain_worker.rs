//! Sends a worker away: it takes nothing more, finishes or gives back what it has, and leaves.

use crate::{
    engine::{command::Command, context::Cx},
    error::{Error, Result},
    store::fleet::{self, Drain},
};
use augur_core::id::WorkerId;

/// Who goes.
pub(crate) struct DrainWorker {
    pub worker: WorkerId,
    /// What it has is given back.
    pub now: bool,
}

impl Command for DrainWorker {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        let drain = if self.now { Drain::Now } else { Drain::Finish };
        if !fleet::drain(cx.conn, self.worker, drain).await? {
            return Err(Error::NotFound {
                what: "worker",
                name: self.worker.to_string(),
            });
        }
        tracing::info!(worker = %self.worker, now = self.now, "worker drained");
        Ok(())
    }
}
