//! The heartbeat: a worker is alive, and so are its leases.

use super::heard;
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::{Error, Result},
    store::{evaluations, trials},
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    state::{JobEvent, Refusal},
};

/// A worker and the leases that it holds.
pub(crate) struct RenewLeases {
    pub worker: WorkerId,
    pub tokens: Vec<LeaseToken>,
}

impl Command for RenewLeases {
    /// For each token whether to go on.
    type Answer = Vec<(LeaseToken, bool)>;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<Self::Answer> {
        heard(cx, self.worker).await?;
        let mut orders = Vec::with_capacity(self.tokens.len());
        for token in self.tokens {
            let go_on = match renew(cx, token).await {
                Ok(()) => true,
                Err(Error::LeaseStale(_)) => false,
                Err(error) => return Err(error),
            };
            orders.push((token, go_on));
        }
        Ok(orders)
    }
}

async fn renew(cx: &mut Cx<'_>, token: LeaseToken) -> Result<()> {
    let expires = cx.lease_end();
    let event = JobEvent::Renew { token, expires };
    if let Some(row) = trials::by_token(cx.conn, token).await? {
        move_trial(cx, &row, &event).await?;
    } else if let Some(row) = evaluations::by_token(cx.conn, token).await? {
        move_evaluation(cx, &row, &event).await?;
    } else {
        return Err(Refusal::Stale.into());
    }
    Ok(())
}
