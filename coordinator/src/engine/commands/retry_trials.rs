//! Tries the failed trials of a sweep again, as if they had never been tried; their attempts are counted on.
//!
//! A choice that was sealed stays: labels may have been read for it. So a group is taken up again only while it searches, or
//! if its choice ranks nobody, for then no label was read. And where early stopping has ended a trial of a group, its failed
//! ones stay failed: they had their part in that decision.

use super::{RequestKey, done, seen};
use crate::{
    engine::{command::Command, context::Cx, jobs::move_trial, pauses::run},
    error::{Error, Result},
    store::{
        StoreError, SweepKey,
        groups::{self, GroupRow, GroupState},
        sweeps::{self, SweepRow},
        transitions::Change,
        trials::{self, TrialRow},
        verbs,
    },
};
use augur_core::{
    state::JobEvent,
    sweep::{SweepEvent, SweepState},
};
use std::collections::BTreeMap;

/// The sweep whose failed trials are tried again.
pub(crate) struct RetryTrials {
    pub sweep: SweepKey,
    pub request: Option<RequestKey>,
}

impl Command for RetryTrials {
    type Answer = SweepRow;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<SweepRow> {
        if let Some(sweep) = seen(cx, self.request.as_ref()).await? {
            return Ok(sweep);
        }
        let sweep = sweeps::get(cx.conn, self.sweep).await?;
        let after = sweep.state.apply(SweepEvent::Retry);
        let after = after.map_err(|refusal| Error::SweepState(sweep.name.clone(), refusal))?;
        let failed = failed(cx, self.sweep).await?;
        let mut retried = 0;
        for (index, rows) in &failed {
            let group = groups::get(cx.conn, self.sweep, *index).await?;
            let group = group.ok_or(StoreError::Damaged("group"))?;
            if may_reopen(cx, self.sweep, &group).await? {
                reopen(cx, self.sweep, group, rows).await?;
                retried += rows.len();
            }
        }
        match (retried, failed.values().map(Vec::len).sum()) {
            (0, 0) => return Err(Error::NothingFailed(sweep.name)),
            (0, trials) => {
                return Err(Error::ChoiceSealed {
                    sweep: sweep.name,
                    trials,
                });
            }
            _ => {}
        }
        if after == SweepState::Running && sweep.state != after {
            run(cx, self.sweep).await?;
        }
        verbs::reset_breaker(cx.conn, self.sweep).await?;
        done(cx, self.sweep, self.request).await
    }
}

/// The failed trials of a sweep by their group.
async fn failed(cx: &mut Cx<'_>, sweep: SweepKey) -> Result<BTreeMap<u32, Vec<TrialRow>>> {
    let all = 0..cx.plan(sweep).await?.trials();
    let mut groups = BTreeMap::<u32, Vec<_>>::new();
    for row in trials::list(cx.conn, sweep, all, Some("failed"), u32::MAX).await? {
        groups.entry(row.group).or_default().push(row);
    }
    Ok(groups)
}

async fn may_reopen(cx: &mut Cx<'_>, sweep: SweepKey, group: &GroupRow) -> Result<bool> {
    if group.trials_stopped > 0 {
        return Ok(false);
    }
    Ok(match group.state {
        GroupState::Searching => true,
        GroupState::Sealed => false,
        GroupState::Done => {
            let choice = groups::choice(cx.conn, sweep, group.index).await?;
            choice.is_some_and(|choice| choice.ranking.is_empty())
        }
    })
}

/// Puts the failed trials of a group back, and the group, if it was over.
async fn reopen(cx: &mut Cx<'_>, sweep: SweepKey, mut group: GroupRow, failed: &[TrialRow]) -> Result<()> {
    if group.state == GroupState::Done {
        verbs::unseal(cx.conn, sweep, group.index).await?;
    }
    group.state = GroupState::Searching;
    group.trials_failed -= u32::try_from(failed.len()).unwrap_or(group.trials_failed);
    groups::put(cx.conn, sweep, &group).await?;
    cx.record(sweep, &Change::Group(group)).await?;
    for row in failed {
        move_trial(cx, row, &JobEvent::Retry).await?;
    }
    Ok(())
}
