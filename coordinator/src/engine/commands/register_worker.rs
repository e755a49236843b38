//! A worker says hello, for the first time or again.

use crate::{
    engine::{command::Command, context::Cx},
    error::Result,
    store::{fleet, workers},
};
use augur_core::id::WorkerId;

/// Who it is and what it has.
pub(crate) struct RegisterWorker {
    pub worker: WorkerId,
    pub host: String,
    pub slots: u32,
    /// Bytes that its trials may take together, where it says.
    pub memory: Option<u64>,
    pub augur_version: String,
    pub libtorch_version: String,
}

impl Command for RegisterWorker {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        let versions = [self.augur_version.as_str(), self.libtorch_version.as_str()];
        workers::register(cx.conn, self.worker, &self.host, self.slots, versions, cx.now).await?;
        fleet::set_memory(cx.conn, self.worker, self.memory).await?;
        tracing::info!(worker = %self.worker, host = self.host, slots = self.slots, "worker registered");
        Ok(())
    }
}
