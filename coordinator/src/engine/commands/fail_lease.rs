//! An attempt came to nothing, or is given back.

use super::heard;
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::Result,
    store::{evaluations, trials},
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    state::{Cause, JobEvent, Refusal},
};

/// Bytes of a cause's detail that are kept.
const KEPT: usize = 8192;

/// The lease and the cause.
pub(crate) struct FailLease {
    pub worker: WorkerId,
    pub token: LeaseToken,
    pub cause: Cause,
}

impl Command for FailLease {
    type Answer = ();

    async fn apply(mut self, cx: &mut Cx<'_>) -> Result<()> {
        heard(cx, self.worker).await?;
        let end = self.cause.detail.floor_char_boundary(KEPT);
        self.cause.detail.truncate(end);
        let (token, cause) = (self.token, self.cause);
        let event = JobEvent::Fail { token, cause };
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
