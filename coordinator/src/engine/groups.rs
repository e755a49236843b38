//! Groups count their trials; with the last one the choice is made and sealed, in the same transaction.

use super::context::Cx;
use crate::{
    error::{Error, Result},
    halving::{Standing, standing},
    store::{
        StoreError, SweepKey, evaluations,
        groups::{self, GroupRow, GroupState},
        outcomes, sweeps,
        transitions::Change,
        trials::{self, TrialRow},
    },
    watching::story,
};
use augur_core::{
    halving::Rules,
    invariants::{GroupFacts, TrialFacts, assert_group},
    outcome::Outcome,
    select::{Choice, Ended, Entry},
    state::JobState,
    sweep::SweepEvent,
};
use std::time::Instant;

/// Takes note of a trial that completed; its outcome is stored already. The best so far is for people who watch: one that early
/// stopping keeps out may stand there until the group is sealed.
pub(super) async fn trial_completed(cx: &mut Cx<'_>, trial: &TrialRow, outcome: &Outcome) -> Result<()> {
    let selection = cx.plan(trial.sweep).await?.spec().selection.clone();
    let mut group = get(cx, trial.sweep, trial.group).await?;
    group.trials_completed += 1;
    if let Some(loss) = selection.loss_of(outcome) {
        let candidate = (loss, trial.index);
        let better = |best: (f64, u32)| candidate.0.total_cmp(&best.0).then(candidate.1.cmp(&best.1)).is_lt();
        if group.best.is_none_or(better) {
            group.best = Some(candidate);
        }
    }
    settle(cx, trial.sweep, group).await
}

/// Takes note of a trial that failed for good.
pub(super) async fn trial_failed(cx: &mut Cx<'_>, trial: &TrialRow) -> Result<()> {
    let mut group = get(cx, trial.sweep, trial.group).await?;
    group.trials_failed += 1;
    settle(cx, trial.sweep, group).await
}

/// Takes note of a trial that early stopping ended.
pub(super) async fn trial_stopped(cx: &mut Cx<'_>, trial: &TrialRow) -> Result<()> {
    let mut group = get(cx, trial.sweep, trial.group).await?;
    group.trials_stopped += 1;
    settle(cx, trial.sweep, group).await
}

async fn standing_of(cx: &mut Cx<'_>, sweep: SweepKey, group: u32) -> Result<Option<Standing>> {
    let plan = cx.plan(sweep).await?;
    Ok(standing(cx.conn, &plan, sweep, group).await?)
}

async fn get(cx: &mut Cx<'_>, sweep: SweepKey, group: u32) -> Result<GroupRow> {
    let row = groups::get(cx.conn, sweep, group).await?;
    Ok(row.ok_or(StoreError::Damaged("group"))?)
}

/// Writes a group whose counters have changed; seals it if that was its last trial.
async fn settle(cx: &mut Cx<'_>, sweep: SweepKey, mut group: GroupRow) -> Result<()> {
    let mut done = false;
    if group.is_complete() {
        let begun = Instant::now();
        let choice = choose(cx, sweep, &group).await?;
        groups::seal(cx.conn, sweep, group.index, &choice).await?;
        story::choice(cx, sweep, &choice, begun).await?;
        if Rules::of(&*cx.plan(sweep).await?, group.index).is_some() {
            group.best = best(cx, sweep, &choice).await?;
        }
        done = choice.ranking.is_empty();
        if done {
            group.state = GroupState::Done;
        } else {
            group.state = GroupState::Sealed;
            evaluations::insert(cx.conn, sweep, group.index, cx.now).await?;
            cx.batch.work = true;
        }
    }
    groups::put(cx.conn, sweep, &group).await?;
    cx.record(sweep, &Change::Group(group)).await?;
    if done {
        sweeps::count_group(cx.conn, sweep, false).await?;
        conclude(cx, sweep).await?;
    }
    Ok(())
}

/// The selected trial and its loss: a decision that fell late may have put out the one that was best so far.
async fn best(cx: &mut Cx<'_>, sweep: SweepKey, choice: &Choice) -> Result<Option<(f64, u32)>> {
    let Some(first) = choice.ranking.first() else {
        return Ok(None);
    };
    let row = trials::by_id(cx.conn, sweep, first.trial).await?;
    let row = row.ok_or(StoreError::Damaged("choice"))?;
    Ok(first.val_loss.map(|loss| (loss, row.index)))
}

/// The choice between the trials of a group that are all over.
async fn choose(cx: &mut Cx<'_>, sweep: SweepKey, group: &GroupRow) -> Result<Choice> {
    let plan = cx.plan(sweep).await?;
    let members = plan.members(group.index);
    let rows = trials::list(cx.conn, sweep, members.clone(), None, group.trials_total).await?;
    let mut outcomes = outcomes::without_scores(cx.conn, sweep, members.clone()).await?;
    let facts = rows.iter().map(|row| TrialFacts {
        index: row.index,
        trial: row.trial,
        state: row.job.state.clone(),
        attempts: vec![row.job.begun],
        outcomes: outcomes
            .contains_key(&row.index)
            .then_some(row.job.begun)
            .into_iter()
            .collect(),
    });
    let facts: Vec<_> = facts.collect();
    let standing = standing_of(cx, sweep, group.index).await?;
    let stop_of = |index| standing.as_ref().and_then(|standing| standing.stop_of(index));
    let mut ended = Vec::with_capacity(rows.len());
    for row in rows {
        let end = match (stop_of(row.index), row.job.state) {
            // Whatever became of it: whether a decision fell in time depends on the workers.
            (Some(stop), _) => Ended::Stopped(stop),
            (None, JobState::Completed { .. }) => {
                let outcome = outcomes.remove(&row.index);
                Ended::Completed(outcome.ok_or(StoreError::Damaged("outcome"))?)
            }
            (None, JobState::Failed { cause, .. }) => Ended::Failed(cause),
            (None, JobState::Pending(_) | JobState::Leased(_) | JobState::Cancelled | JobState::Stopped { .. }) => {
                return Err(StoreError::Damaged("group").into());
            }
        };
        ended.push((row.trial, plan.trial(row.index), end));
    }
    let trials = ended.iter().map(|(trial, spec, ended)| Entry {
        trial: *trial,
        spec,
        ended,
    });
    let choice = Choice::make(&plan.spec().selection, trials);
    assert_group(&GroupFacts {
        index: group.index,
        members,
        ranking: Some(choice.ranking.iter().map(|ranked| ranked.trial).collect()),
        trials: facts,
    });
    Ok(choice)
}

/// Ends a sealed group: its labels, if any, were read.
pub(super) async fn finish(cx: &mut Cx<'_>, sweep: SweepKey, group: u32) -> Result<()> {
    let mut group = get(cx, sweep, group).await?;
    group.state = GroupState::Done;
    groups::put(cx.conn, sweep, &group).await?;
    cx.record(sweep, &Change::Group(group)).await?;
    sweeps::count_group(cx.conn, sweep, true).await?;
    conclude(cx, sweep).await
}

/// Ends the sweep if all its groups are done.
async fn conclude(cx: &mut Cx<'_>, sweep: SweepKey) -> Result<()> {
    let row = sweeps::get(cx.conn, sweep).await?;
    if row.groups_done < row.groups_total {
        return Ok(());
    }
    let variants = cx.plan(sweep).await?.candidates().len();
    // A variant that learnt nothing is a result too; the method itself has to have one everywhere.
    let selected = groups::without_choice(cx.conn, sweep, variants).await? == 0;
    let state = row.state.apply(SweepEvent::End { selected });
    let state = state.map_err(|refusal| Error::SweepState(row.name.clone(), refusal))?;
    sweeps::end(cx.conn, sweep, state, cx.now).await?;
    cx.record(sweep, &Change::Sweep(state)).await?;
    tracing::info!(sweep = %row.sweep, name = row.name, ?state, "sweep over");
    Ok(())
}
