//! Takes what the evaluation of a sealed group found, which ends the group.

use super::heard;
use crate::{
    engine::{command::Command, context::Cx, groups::finish, jobs::move_evaluation},
    error::{Error, Result},
    store::{
        StoreError,
        evaluations::{self, Agreements},
        groups,
    },
};
use augur_core::{
    id::{LeaseToken, TrialId, WorkerId},
    select::Choice,
    state::{JobEvent, Refusal},
};

/// Agreements and the lease under which they came about.
pub(crate) struct CompleteEvaluation {
    pub worker: WorkerId,
    pub token: LeaseToken,
    pub agreements: Agreements,
}

impl Command for CompleteEvaluation {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        heard(cx, self.worker).await?;
        let token = self.token;
        let row = evaluations::by_token(cx.conn, token).await?.ok_or(Refusal::Stale)?;
        let choice = groups::choice(cx.conn, row.sweep, row.group).await?;
        check(&choice.ok_or(StoreError::Damaged("choice"))?, &self.agreements)?;
        if move_evaluation(cx, &row, &JobEvent::Complete { token })
            .await?
            .is_none()
        {
            return Ok(());
        }
        evaluations::put_agreements(cx.conn, row.sweep, row.group, &self.agreements).await?;
        finish(cx, row.sweep, row.group).await
    }
}

/// Exactly the ranked trials, each with numbers in [0, 1] or none.
fn check(choice: &Choice, agreements: &Agreements) -> Result<()> {
    let invalid = |trial: &TrialId, problem: &str| Error::Invalid {
        field: "trials",
        problem: format!("{problem} trial {trial}; give each trial of the lease once"),
    };
    for ranked in &choice.ranking {
        if !agreements.contains_key(&ranked.trial) {
            return Err(invalid(&ranked.trial, "lacks"));
        }
    }
    for (trial, agreement) in agreements {
        if !choice.ranking.iter().any(|ranked| ranked.trial == *trial) {
            return Err(invalid(trial, "has the unranked"));
        }
        if agreement.values().any(|number| !(0.0..=1.0).contains(&number)) {
            return Err(invalid(trial, "has a number outside [0, 1] for"));
        }
    }
    Ok(())
}
