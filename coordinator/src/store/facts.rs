//! The store as the plain facts that `core::invariants` looks at.

use super::{Conn, Result, StoreError, SweepKey, from_json, groups, query, sweeps, transitions::TrialChange, trials};
use augur_core::{
    invariants::{Broken, GroupFacts, Inspection, SEALS, TrialFacts},
    plan::Plan,
};
use std::collections::HashMap;

/// Numbers by the position of their trial.
type ByTrial = HashMap<u32, Vec<u32>>;

/// Everything in a sweep that does not hold.
pub(super) async fn broken(conn: &mut Conn, sweep: SweepKey) -> Result<Vec<Broken>> {
    let plan = Plan::new(sweeps::spec(conn, sweep).await?);
    let mut attempts = attempts(conn, sweep).await?;
    let mut outcomes = outcomes(conn, sweep).await?;
    let mut inspection = Inspection::default();
    let mut damaged = Vec::new();
    for index in 0..plan.groups() {
        let members = plan.members(index);
        let ranking = match groups::choice(conn, sweep, index).await {
            Ok(choice) => choice.map(|choice| choice.ranking.iter().map(|ranked| ranked.trial).collect()),
            Err(StoreError::Damaged(_)) => {
                damaged.push((SEALS, index));
                continue;
            }
            Err(other) => return Err(other),
        };
        let rows = trials::list(conn, sweep, members.clone(), None, u32::MAX).await?;
        let facts = rows.into_iter().map(|row| TrialFacts {
            index: row.index,
            trial: row.trial,
            state: row.job.state,
            attempts: attempts.remove(&row.index).unwrap_or_default(),
            outcomes: outcomes.remove(&row.index).unwrap_or_default(),
        });
        inspection.group(&GroupFacts {
            index,
            members,
            ranking,
            trials: facts.collect(),
        });
    }
    let mut broken = inspection.end(plan.groups(), plan.trials());
    broken.append(&mut damaged);
    Ok(broken)
}

/// The attempts that the record has of each trial, oldest first.
async fn attempts(conn: &mut Conn, sweep: SweepKey) -> Result<ByTrial> {
    let rows =
        query("SELECT entity, payload FROM transitions WHERE sweep_key = $1 AND kind = 'trial' ORDER BY revision")
            .bind(sweep.0)
            .fetch_all(conn)
            .await?;
    let mut all = ByTrial::new();
    for row in rows {
        let change: TrialChange = from_json(row.try_get("payload")?, "transition")?;
        let attempts = all.entry(row.try_get("entity")?).or_default();
        if attempts.last() != Some(&change.begun) {
            attempts.push(change.begun);
        }
    }
    Ok(all)
}

/// The attempts whose outcome is stored.
async fn outcomes(conn: &mut Conn, sweep: SweepKey) -> Result<ByTrial> {
    let rows = query("SELECT trial_index, attempt FROM outcomes WHERE sweep_key = $1")
        .bind(sweep.0)
        .fetch_all(conn)
        .await?;
    let mut all = ByTrial::new();
    for row in rows {
        let attempts: &mut Vec<u32> = all.entry(row.try_get("trial_index")?).or_default();
        attempts.push(row.try_get("attempt")?);
    }
    Ok(all)
}
