//! What a worker needs to know about a lease.

use crate::{
    engine::{
        CoordinatorHandle, Planned,
        commands::acquire_leases::{Grant, Work},
    },
    error::Result,
    halving::standing,
    store::{
        Conn, StoreError, SweepKey, groups,
        outcomes::{self, Scores},
        reuse::{self, Earlier},
    },
};
use augur_core::{
    halving::Rules,
    id::TrialId,
    spec::{METHOD, canonical_json},
};
use augur_proto::v1::{EarlierTrial, EvaluationWork, Lease, TrialScores, TrialWork, lease};
use std::collections::HashMap;

/// The lease as a message. A trial's is read statement by statement, since what it is made of never changes once it is there
/// and many wait for it.
pub(super) async fn lease(handle: &CoordinatorHandle, grant: Grant) -> Result<Lease> {
    let work = match grant.work {
        Work::Trial(sweep, index) => lease::Work::Trial(trial(handle, sweep, index).await?),
        Work::Evaluation(sweep, group) => {
            let mut view = handle.view().await?;
            lease::Work::Evaluation(evaluation(handle, view.conn(), sweep, group).await?)
        }
    };
    Ok(Lease {
        token: grant.lease.token.to_string(),
        attempt: grant.lease.attempt(),
        work: Some(work),
    })
}

async fn trial(handle: &CoordinatorHandle, sweep: SweepKey, index: u32) -> Result<TrialWork> {
    let mut conn = handle.reading().await?;
    let Planned { sweep: id, plan, reuse } = handle.planned(&mut *conn, sweep).await?;
    let spec = plan.trial(index);
    let rules = Rules::of(&plan, plan.group_of(index));
    let rungs = rules.map_or(Vec::new(), |rules| rules.rungs);
    let trial = spec.id();
    let earlier = match reuse {
        true => reuse::earlier(&mut *conn, trial, &rungs).await?,
        false => Vec::new(),
    };
    let named = |earlier: Earlier| EarlierTrial {
        trial: format!("sweeps/{}/trials/{trial}", earlier.sweep),
        fingerprint: earlier.fingerprint,
    };
    Ok(TrialWork {
        earlier: earlier.into_iter().map(named).collect(),
        trial: format!("sweeps/{id}/trials/{trial}"),
        trial_spec_json: canonical_json(&spec),
        rungs,
    })
}

/// Only the trials that were ranked go to the labels, and those that ran on for the audit of early stopping.
async fn evaluation(
    handle: &CoordinatorHandle,
    conn: &mut Conn,
    sweep: SweepKey,
    group: u32,
) -> Result<EvaluationWork> {
    let Planned { sweep: id, plan, .. } = handle.planned(conn, sweep).await?;
    let choice = groups::choice(conn, sweep, group).await?;
    let choice = choice.ok_or(StoreError::Damaged("choice"))?;
    // All at once: there may be hundreds.
    let mut all = outcomes::scores_within(conn, sweep, plan.members(group)).await?;
    // Only a choice that ranks somebody has an evaluation.
    let selected = choice.ranking.first().and_then(|first| all.get(&first.trial));
    let selected = selected.ok_or(StoreError::Damaged("choice"))?.0;
    let mut scored = Vec::with_capacity(choice.ranking.len());
    for ranked in &choice.ranking {
        scored.push(scores(&mut all, ranked.trial)?);
    }
    let standing = standing(conn, &plan, sweep, group).await?;
    let mut stopped = Vec::new();
    if let Some(standing) = standing {
        for row in standing.audited() {
            scored.push(scores(&mut all, row.trial)?);
        }
        stopped.extend(standing.ended().map(|(row, _)| row.trial.to_string()));
    }
    // Variants are there to be compared, not to be looked at.
    let is_method = plan.group(group).variant == METHOD;
    let pictures = if is_method { plan.spec().report.pictures } else { 0 };
    let tuned = outcomes::of(conn, sweep, &[selected]).await?.remove(&selected);
    Ok(EvaluationWork {
        pictures,
        tuned: tuned.map(|outcome| outcome.tuned).unwrap_or_default(),
        sweep: format!("sweeps/{id}"),
        group,
        trial_spec_json: canonical_json(&plan.trial(selected)),
        detector_missing: reuse::detector_missing(conn, sweep, selected).await?,
        seal: choice.seal(),
        trials: scored,
        stopped,
    })
}

/// Those of one trial, taken out of all.
fn scores(all: &mut HashMap<TrialId, (u32, Scores)>, trial: TrialId) -> Result<TrialScores> {
    let (_, scores) = all.remove(&trial).ok_or(StoreError::Damaged("outcome"))?;
    Ok(TrialScores {
        trial: trial.to_string(),
        scores: scores.validation,
        test_scores: scores.test,
    })
}
