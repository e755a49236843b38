//! Puts the leaderboard together, from the groups that are done.

use crate::{
    engine::CoordinatorHandle,
    error::Result,
    store::{
        Conn, StoreError, SweepKey, evaluations,
        groups::{self, GroupState},
        outcomes, reuse,
        sweeps::SweepRow,
    },
};
use augur_core::{
    leaderboard::{Completed, Leaderboard, Provenance, SCHEMA, TaskResult},
    plan::Plan,
};

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
        tasks,
    })
}

async fn task(conn: &mut Conn, sweep: SweepKey, plan: &Plan, group: u32) -> Result<TaskResult> {
    let choice = groups::choice(conn, sweep, group).await?;
    let choice = choice.ok_or(StoreError::Damaged("choice"))?;
    let outcomes = outcomes::without_scores(conn, sweep, plan.members(group)).await?;
    let mut origins = reuse::origins(conn, sweep, plan.members(group)).await?;
    let completed = outcomes
        .into_iter()
        .map(|(index, outcome)| {
            let spec = plan.trial(index);
            let completed = Completed {
                outcome,
                reused_from: origins.remove(&index),
                spec,
            };
            (completed.spec.id(), completed)
        })
        .collect();
    let agreements = evaluations::agreements(conn, sweep, group).await?;
    Ok(TaskResult::new(&plan.group(group), &choice, &completed, &agreements))
}
