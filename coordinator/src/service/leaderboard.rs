//! Puts the leaderboard together, from the groups that are done.

use crate::{
    engine::CoordinatorHandle,
    error::Result,
    halving::{Standing, standing},
    store::{
        Conn, StoreError, SweepKey, evaluations,
        groups::{self, GroupState},
        outcomes, reuse,
        sweeps::SweepRow,
    },
};
use augur_core::{
    halving::{Member, StoppingSummary},
    id::TrialId,
    leaderboard::{Agreement, Completed, Leaderboard, Provenance, SCHEMA, TaskResult, stopping_totals},
    plan::Plan,
    select::Choice,
};
use std::collections::BTreeMap;

/// The leaderboard of a sweep so far.
pub(super) async fn leaderboard(handle: &CoordinatorHandle, conn: &mut Conn, sweep: &SweepRow) -> Result<Leaderboard> {
    let plan = handle.plan(conn, sweep.key).await?;
    let mut tasks = Vec::new();
    for group in groups::list(conn, sweep.key, 0, u32::MAX).await? {
        if group.state == GroupState::Done {
            tasks.push(task(conn, sweep.key, &plan, group.index).await?);
        }
    }
    Ok(Leaderboard {
        schema: SCHEMA,
        criterion: plan.spec().selection.criterion,
        sweep: Provenance {
            id: sweep.sweep,
            name: sweep.name.clone(),
            spec_sha256: sweep.spec_sha256.clone(),
            augur: env!("CARGO_PKG_VERSION").to_owned(),
            libtorch: outcomes::libtorch_versions(conn, sweep.key).await?.join(", "),
        },
        early_stopping: stopping_totals(&tasks),
        tasks,
        merged: vec![],
    })
}

async fn task(conn: &mut Conn, sweep: SweepKey, plan: &Plan, group: u32) -> Result<TaskResult> {
    let choice = groups::choice(conn, sweep, group).await?;
    let choice = choice.ok_or(StoreError::Damaged("choice"))?;
    let outcomes = outcomes::without_scores(conn, sweep, plan.members(group)).await?;
    let mut origins = reuse::origins(conn, sweep, plan.members(group)).await?;
    let mut fingerprints = outcomes::fingerprints(conn, sweep, plan.members(group)).await?;
    let completed: BTreeMap<_, _> = outcomes
        .into_iter()
        .map(|(index, outcome)| {
            let spec = plan.trial(index);
            let completed = Completed {
                outcome,
                reused_from: origins.remove(&index),
                fingerprint: fingerprints.remove(&index),
                spec,
            };
            (completed.spec.id(), completed)
        })
        .collect();
    let agreements = evaluations::agreements(conn, sweep, group).await?;
    let standing = standing(conn, plan, sweep, group).await?;
    Ok(TaskResult {
        early_stopping: standing.map(|standing| summary(plan, &standing, &choice, &completed, &agreements)),
        ..TaskResult::new(&plan.group(group), &choice, &completed, &agreements)
    })
}

/// What early stopping did in a group.
fn summary(
    plan: &Plan,
    standing: &Standing,
    choice: &Choice,
    completed: &BTreeMap<TrialId, Completed>,
    agreements: &BTreeMap<TrialId, Agreement>,
) -> StoppingSummary {
    let spec = plan.spec();
    let members = standing.trials.iter().map(|(row, fate)| Member {
        trial: row.trial,
        fate: *fate,
        outcome: completed.get(&row.trial).map(|completed| &completed.outcome),
    });
    let of = (&standing.rules, spec.training.epochs, standing.seed);
    StoppingSummary::new(of, &spec.selection, choice, agreements, members)
}
