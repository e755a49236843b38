//! Where the trials of a group stand in early stopping: a function of the values in the store (`core::halving`).

use crate::store::{
    self, Conn, SweepKey,
    rungs::{self, Values},
    trials::{self, TrialRow},
};
use augur_core::{
    halving::{Course, Fate, Rules, Stop, fates, is_audited, order},
    plan::Plan,
    state::JobState,
};

/// A group whose trials may be stopped early.
pub(crate) struct Standing {
    pub rules: Rules,
    /// The group's.
    pub seed: u64,
    /// All trials in the plan's order, each with what is decided of it.
    pub trials: Vec<(TrialRow, Fate)>,
}

/// The standing of a group; none where nothing is ever stopped.
pub(crate) async fn standing(
    conn: &mut Conn,
    plan: &Plan,
    sweep: SweepKey,
    group: u32,
) -> store::Result<Option<Standing>> {
    let Some(rules) = Rules::of(plan, group) else {
        return Ok(None);
    };
    let (members, seed) = (plan.members(group), plan.group(group).seed);
    let rows = trials::list(conn, sweep, members.clone(), None, u32::MAX).await?;
    let mut values = rungs::values(conn, sweep, members).await?;
    let courses: Vec<Course> = rows
        .iter()
        .map(|row| course(&rules, row, &values.remove(&row.index).unwrap_or_default()))
        .collect();
    let ids: Vec<_> = rows.iter().map(|row| row.trial).collect();
    let order = order(seed, &ids);
    let in_order = fates(rules.reduction, &rules.rungs, order.iter().map(|at| &courses[*at]));
    let mut decided = vec![Fate::Undecided; rows.len()];
    for (at, fate) in order.into_iter().zip(in_order) {
        decided[at] = fate;
    }
    Ok(Some(Standing {
        rules,
        seed,
        trials: rows.into_iter().zip(decided).collect(),
    }))
}

/// A trial that failed for good, which values it left; of one that completed nothing is missing.
fn course(rules: &Rules, row: &TrialRow, values: &Values) -> Course {
    Course {
        values: rules
            .rungs
            .iter()
            .map_while(|epoch| values.get(epoch).copied())
            .collect(),
        is_over: matches!(row.job.state, JobState::Failed { .. } | JobState::Completed { .. }),
    }
}

impl Standing {
    /// The trials that early stopping ends, each with the reason.
    pub fn ended(&self) -> impl Iterator<Item = (&TrialRow, Stop)> {
        self.stopped().filter(|(row, _)| !self.audits(row))
    }

    /// The trials that it would have ended, and that ran to their end for the audit.
    pub fn audited(&self) -> impl Iterator<Item = &TrialRow> {
        let ran = |row: &TrialRow| matches!(row.job.state, JobState::Completed { .. });
        let audited = self.stopped().filter(move |(row, _)| self.audits(row) && ran(row));
        audited.map(|(row, _)| row)
    }

    /// Why a trial was stopped, or would have been but for the audit.
    pub fn stop_of(&self, index: u32) -> Option<Stop> {
        let first = self.trials.first()?.0.index;
        match self.trials.get(index.checked_sub(first)? as usize)?.1 {
            Fate::Stopped(stop) => Some(stop),
            Fate::Undecided | Fate::GoesOn => None,
        }
    }

    fn stopped(&self) -> impl Iterator<Item = (&TrialRow, Stop)> {
        self.trials.iter().filter_map(|(row, fate)| match fate {
            Fate::Stopped(stop) => Some((row, *stop)),
            Fate::Undecided | Fate::GoesOn => None,
        })
    }

    fn audits(&self, row: &TrialRow) -> bool {
        is_audited(self.seed, &row.trial, self.rules.audit)
    }
}
