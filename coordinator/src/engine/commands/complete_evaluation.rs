//! Takes what the evaluation of a sealed group found, which ends the group.

use super::heard;
use crate::{
    engine::{command::Command, context::Cx, groups::finish, jobs::move_evaluation},
    error::{Error, Result},
    halving::standing,
    store::{
        StoreError,
        evaluations::{self, Agreements},
        groups, pictures,
    },
};
use augur_core::{
    id::{LeaseToken, TrialId, WorkerId},
    picture::{MOST, Picture},
    select::Choice,
    state::{JobEvent, Refusal},
};
use std::collections::BTreeSet;

/// Agreements and the lease under which they came about.
pub(crate) struct CompleteEvaluation {
    pub worker: WorkerId,
    pub token: LeaseToken,
    pub agreements: Agreements,
    pub pictures: Vec<Picture>,
}

impl Command for CompleteEvaluation {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        heard(cx, self.worker).await?;
        let token = self.token;
        let row = evaluations::by_token(cx.conn, token).await?.ok_or(Refusal::Stale)?;
        let choice = groups::choice(cx.conn, row.sweep, row.group).await?;
        let choice = choice.ok_or(StoreError::Damaged("choice"))?;
        let plan = cx.plan(row.sweep).await?;
        let standing = standing(cx.conn, &plan, row.sweep, row.group).await?;
        let audited = standing
            .iter()
            .flat_map(|standing| standing.audited().map(|row| row.trial));
        let scored: BTreeSet<_> = ranked(&choice).chain(audited).collect();
        check(&scored, &self.agreements)?;
        if self.pictures.len() > MOST {
            return Err(Error::Invalid {
                field: "pictures",
                problem: format!("are {}; send at most {MOST}", self.pictures.len()),
            });
        }
        if move_evaluation(cx, &row, &JobEvent::Complete { token })
            .await?
            .is_none()
        {
            return Ok(());
        }
        evaluations::put_agreements(cx.conn, row.sweep, row.group, &self.agreements).await?;
        pictures::insert(cx.conn, row.sweep, row.group, self.pictures).await?;
        finish(cx, row.sweep, row.group).await
    }
}

fn ranked(choice: &Choice) -> impl Iterator<Item = TrialId> {
    choice.ranking.iter().map(|ranked| ranked.trial)
}

/// Exactly the trials that were given out, ranked or audited, each with numbers in [0, 1] or none.
fn check(scored: &BTreeSet<TrialId>, agreements: &Agreements) -> Result<()> {
    let invalid = |trial: &TrialId, problem: &str| Error::Invalid {
        field: "trials",
        problem: format!("{problem} trial {trial}; give each trial of the lease once"),
    };
    if let Some(trial) = scored.iter().find(|trial| !agreements.contains_key(*trial)) {
        return Err(invalid(trial, "lacks"));
    }
    for (trial, agreement) in agreements {
        if !scored.contains(trial) {
            return Err(invalid(trial, "has the unranked"));
        }
        if agreement.values().any(|number| !(0.0..=1.0).contains(&number)) {
            return Err(invalid(trial, "has a number outside [0, 1] for"));
        }
    }
    Ok(())
}
