//! The heartbeat: a worker is alive, and so are its leases. The answer brings orders.

use super::heard;
use crate::{
    engine::{
        command::Command,
        context::Cx,
        jobs::{move_evaluation, move_trial},
    },
    error::{Error, Result},
    store::{
        SweepKey, evaluations,
        fleet::{self, Drain},
        trials, verbs,
    },
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    state::{JobEvent, Refusal},
};
use std::collections::HashSet;

/// A worker and the leases that it holds.
pub(crate) struct RenewLeases {
    pub worker: WorkerId,
    pub tokens: Vec<LeaseToken>,
    /// Those of them whose work rightly reports no epochs now.
    pub excused: HashSet<LeaseToken>,
}

/// What is to become of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Go on.
    Continue,
    /// Drop the work: nobody wants it.
    Cancel,
    /// Give it back: its sweep is paused.
    Pause,
    /// Give it back: the worker is drained.
    Drain,
}

/// What the heartbeat brings.
pub(crate) struct Orders {
    pub leases: Vec<(LeaseToken, Order)>,
    /// The worker is to leave once it holds nothing.
    pub leave: bool,
}

impl Command for RenewLeases {
    type Answer = Orders;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<Orders> {
        heard(cx, self.worker).await?;
        let drain = fleet::offer(cx.conn, self.worker).await?.1;
        let recalled = verbs::recalled(cx.conn).await?;
        let mut leases = Vec::with_capacity(self.tokens.len());
        for token in self.tokens {
            let order = match renew(cx, token, self.excused.contains(&token)).await {
                Ok(_) if drain == Drain::Now => Order::Drain,
                Ok(sweep) if recalled.contains(&sweep) => Order::Pause,
                Ok(_) => Order::Continue,
                Err(Error::LeaseStale(_)) => Order::Cancel,
                Err(error) => return Err(error),
            };
            leases.push((token, order));
        }
        Ok(Orders {
            leases,
            leave: drain != Drain::No,
        })
    }
}

/// Renews a lease; the sweep that it is of.
async fn renew(cx: &mut Cx<'_>, token: LeaseToken, is_excused: bool) -> Result<SweepKey> {
    let expires = cx.lease_end();
    let trial = trials::by_token(cx.conn, token).await?;
    let evaluation = match trial {
        None => evaluations::by_token(cx.conn, token).await?,
        Some(_) => None,
    };
    let sweep = trial.as_ref().map(|row| row.sweep);
    let sweep = sweep.or(evaluation.as_ref().map(|row| row.sweep));
    let sweep = sweep.ok_or(Refusal::Stale)?;
    let excused = match is_excused {
        true => Some(cx.deadline(sweep).await?),
        false => None,
    };
    let event = JobEvent::Renew {
        token,
        expires,
        excused,
    };
    if let Some(row) = trial {
        move_trial(cx, &row, &event).await?;
    } else if let Some(row) = evaluation {
        move_evaluation(cx, &row, &event).await?;
    }
    Ok(sweep)
}
