//! An attempt came to nothing, or is given back.

use super::heard;
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{evaluations, fleet, trials},
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    state::{Cause, CauseKind, JobEvent, Refusal},
};

/// Bytes of a cause's detail that are kept.
const KEPT: usize = 8192;

/// The lease and the cause.
pub(crate) struct FailLease {
    pub worker: WorkerId,
    pub token: LeaseToken,
    pub cause: Cause,
    /// The memory in bytes that it had, where the worker says; else what the worker said of itself counts.
    pub memory: Option<u64>,
}

impl Command for FailLease {
    type Answer = ();

    async fn apply(mut self, cx: &mut Cx<'_>) -> Result<()> {
        heard(cx, self.worker).await?;
        let end = self.cause.detail.floor_char_boundary(KEPT);
        self.cause.detail.truncate(end);
        let registered = fleet::offer(cx.conn, self.worker).await?.0;
        let memory = self.memory.or(registered);
        let (token, mut cause) = (self.token, self.cause);
        if let Some(memory) = memory.filter(|_| cause.kind == CauseKind::OutOfMemory) {
            cause.detail = format!("{} MiB were not enough: {}", memory >> 20, cause.detail);
        }
        let event = JobEvent::Fail { token, cause, memory };
        if let Some(row) = trials::by_token(cx.conn, token).await? {
            move_trial(cx, &row, &event).await?;
        } else if let Some(row) = evaluations::by_token(cx.conn, token).await? {
            move_evaluation(cx, &row, &event).await?;
        } else {
            return Err(Refusal::Stale.into());
        }
        Ok(())
    }
}
