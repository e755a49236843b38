//! What must hold of every sweep at every moment, as one predicate over plain facts: the property tests ask it after each
//! event, `JobState::apply` asserts its part with each transition, the engine that of a group which it seals, and
//! `augur store check` all of it over a whole store.

use crate::{
    id::{LeaseToken, TrialId},
    state::{JobState, Lease},
};
use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
};

/// What is known of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialFacts {
    /// Its position in the plan.
    pub index: u32,
    /// Which.
    pub trial: TrialId,
    /// Where it stands.
    pub state: JobState,
    /// The attempt of each transition that was recorded of it, oldest first.
    pub attempts: Vec<u32>,
    /// The attempts whose outcome is stored.
    pub outcomes: Vec<u32>,
}

/// What is known of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFacts {
    /// Its position in the plan.
    pub index: u32,
    /// The positions that the plan gives to its trials.
    pub members: Range<u32>,
    /// The trials that its choice ranks, best first; none before the choice is sealed.
    pub ranking: Option<Vec<TrialId>>,
    /// Its trials.
    pub trials: Vec<TrialFacts>,
}

/// An invariant that does not hold, and the position of the trial or group in which it does not.
pub type Broken = (&'static str, u32);

/// Exact cover.
pub const COVER: &str = "the trials are those of the plan, each once";
/// One live lease a trial.
pub const LEASES: &str = "a trial has at most one live lease, and no two share a token";
/// Monotone attempts.
pub const ATTEMPTS: &str = "attempt numbers only grow";
/// Nothing lost, nothing twice.
pub const OUTCOMES: &str =
    "a completed trial has the outcome of the attempt that completed it, and nobody else has one";
/// The seal.
pub const SEALS: &str =
    "a choice is sealed when its last trial is over, and ranks completed trials of its group, each once";

/// Looks at a sweep group by group, in the plan's order.
#[derive(Debug, Default)]
pub struct Inspection {
    groups: u32,
    trials: u32,
    seen: HashSet<TrialId>,
    tokens: HashSet<LeaseToken>,
    broken: Vec<Broken>,
}

impl Inspection {
    /// Takes in the next group.
    pub fn group(&mut self, group: &GroupFacts) {
        let (index, members) = (group.index, &group.members);
        self.check(index == self.groups && members.start == self.trials, COVER, index);
        self.check(
            group.trials.iter().map(|trial| trial.index).eq(members.clone()),
            COVER,
            index,
        );
        (self.groups, self.trials) = (index.saturating_add(1), members.end);
        for trial in &group.trials {
            let is_new = self.seen.insert(trial.trial);
            self.check(is_new, COVER, trial.index);
            if let JobState::Leased(Lease { token, .. }) | JobState::Completed { token, .. } = &trial.state {
                let is_new = self.tokens.insert(*token);
                self.check(is_new, LEASES, trial.index);
            }
            self.check(attempts_hold(trial), ATTEMPTS, trial.index);
            let expected = match trial.state {
                JobState::Completed { attempt, .. } => vec![attempt],
                _ => Vec::new(),
            };
            self.check(trial.outcomes == expected, OUTCOMES, trial.index);
        }
        self.check(seal_holds(group), SEALS, index);
    }

    /// All groups were seen: everything that does not hold. The plan has so many groups and trials.
    pub fn end(mut self, groups: u32, trials: u32) -> Vec<Broken> {
        self.check((self.groups, self.trials) == (groups, trials), COVER, self.trials);
        self.broken
    }

    fn check(&mut self, holds: bool, invariant: &'static str, at: u32) {
        if !holds {
            self.broken.push((invariant, at));
        }
    }
}

fn attempts_hold(trial: &TrialFacts) -> bool {
    let last = trial.attempts.last().copied().unwrap_or(0);
    let charged_fits = match &trial.state {
        JobState::Pending(tally) => tally.charged <= tally.begun,
        JobState::Leased(lease) => lease.tally.charged < lease.tally.begun,
        _ => true,
    };
    charged_fits && trial.attempts.is_sorted() && trial.state.begun().is_none_or(|begun| begun == last)
}

fn seal_holds(group: &GroupFacts) -> bool {
    let is_over = |state: &JobState| state.is_terminal() && *state != JobState::Cancelled;
    let all_over = group.trials.iter().all(|trial| is_over(&trial.state));
    let Some(ranking) = &group.ranking else {
        return !all_over;
    };
    let completed = |trial: &&TrialFacts| matches!(trial.state, JobState::Completed { .. });
    let completed: BTreeSet<_> = group.trials.iter().filter(completed).map(|trial| trial.trial).collect();
    let ranked: BTreeSet<_> = ranking.iter().copied().collect();
    all_over && ranked.len() == ranking.len() && ranked.is_subset(&completed)
}

/// Whether one group holds by itself: what the engine asserts when it seals one.
///
/// # Panics
/// In a build with debug assertions (augur's own has them), where it does not.
pub fn assert_group(group: &GroupFacts) {
    debug_assert_eq!(of_group(group), Vec::new(), "group {}", group.index);
}

/// Everything that does not hold in a group by itself.
pub fn of_group(group: &GroupFacts) -> Vec<Broken> {
    let mut inspection = Inspection {
        groups: group.index,
        trials: group.members.start,
        ..Inspection::default()
    };
    inspection.group(group);
    inspection.end(group.index + 1, group.members.end)
}

/// Whether a job may go from one state to another: attempts only grow, what has completed stays, and only a failed job comes
/// back.
pub fn step_holds(before: &JobState, after: &JobState) -> bool {
    let grows = match (before.begun(), after.begun()) {
        (Some(old), Some(new)) => new == old + u32::from(matches!(after, JobState::Leased(_)) && !is_leased(before)),
        _ => true,
    };
    let leaves = !before.is_terminal() || matches!((before, after), (JobState::Failed { .. }, JobState::Pending(_)));
    let completes = match (before, after) {
        (JobState::Leased(lease), JobState::Completed { token, .. }) => lease.token == *token,
        (_, JobState::Completed { .. }) => false,
        _ => true,
    };
    grows && leaves && completes
}

fn is_leased(state: &JobState) -> bool {
    matches!(state, JobState::Leased(_))
}

#[cfg(test)]
mod tests;
