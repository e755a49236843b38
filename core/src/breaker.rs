//! The circuit breaker: a fault that every trial of a sweep meets is no reason to fail all of them one by one.
//!
//! Identical causes in a row, of different trials, without a completion in between, pause the sweep. Causes that say nothing
//! of the trial (a lost worker, a pre-emption) neither count nor break a row.

use crate::state::{Cause, CauseKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The row of identical causes so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// What they have in common; none where there is no row.
    cause: Option<Common>,
    /// The trials that had it, by their positions in the plan.
    trials: BTreeSet<u32>,
}

/// A cause without what differs from trial to trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Common {
    kind: CauseKind,
    detail: String,
}

impl Breaker {
    /// An attempt of a trial has failed. Why the sweep should pause, if so: `limit` trials in a row; 0 is never.
    pub fn failed(&mut self, trial: u32, cause: &Cause, limit: u32) -> Option<String> {
        if limit == 0 || !cause.kind.is_of_the_trial() {
            return None;
        }
        let common = Common {
            kind: cause.kind,
            detail: without_particulars(&cause.detail),
        };
        if self.cause.as_ref() != Some(&common) {
            self.trials.clear();
            self.cause = Some(common);
        }
        self.trials.insert(trial);
        let count = self.trials.len();
        (count >= limit as usize).then(|| {
            format!(
                "{count} trials in a row failed with the same cause ({cause}); remove that cause before it goes on \
                 (`retry: {{breaker: 0}}` in a spec switches this off)"
            )
        })
    }

    /// A trial has completed, or somebody has resumed the sweep: the row is broken.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// A text with a `#` for every word that holds a digit: numbers, identifiers, names of files that are counted through.
fn without_particulars(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        let is_particular = is_word(first) && piece.contains(|c: char| c.is_ascii_digit());
        out.push_str(if is_particular { "#" } else { piece });
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(kind: CauseKind, detail: &str) -> Cause {
        Cause {
            kind,
            detail: detail.into(),
        }
    }

    #[test]
    fn numbers_and_identifiers_make_no_difference() {
        let told = |text| without_particulars(text);
        assert_eq!(told("signal 11 (SIGSEGV); at 0x7f3a"), "signal # (SIGSEGV); at #");
        assert_eq!(
            told("worker a7c17ea9-94e0-558c-b4e8-4a3757a080a4 left images/0012.png"),
            "worker # left #"
        );
        assert_eq!(told("ends in ünïcode"), "ends in ünïcode");
    }

    #[test]
    fn three_trials_in_a_row_open_it_and_one_trial_alone_does_not() {
        let mut breaker = Breaker::default();
        let crash = |n: u32| cause(CauseKind::Crashed, &format!("exit code {n}"));
        for attempt in 0..5 {
            assert_eq!(breaker.failed(7, &crash(attempt), 3), None);
        }
        assert_eq!(breaker.failed(8, &crash(1), 3), None);
        // Neither counts nor breaks the row.
        assert_eq!(breaker.failed(4, &cause(CauseKind::WorkerLost, ""), 3), None);
        let why = breaker.failed(9, &crash(2), 3).unwrap();
        assert!(
            why.starts_with("3 trials in a row failed with the same cause (crashed: exit code 2)"),
            "{why}"
        );
    }

    #[test]
    fn a_completion_or_another_cause_breaks_the_row() {
        let mut breaker = Breaker::default();
        let [nan, crash] = [CauseKind::Numerical, CauseKind::Crashed].map(|kind| cause(kind, "x"));
        assert_eq!(breaker.failed(0, &nan, 2), None);
        breaker.reset();
        assert_eq!(breaker.failed(1, &nan, 2), None);
        assert_eq!(breaker.failed(2, &crash, 2), None);
        assert_eq!(breaker.failed(3, &nan, 2), None);
        assert!(breaker.failed(4, &nan, 2).is_some());
        assert_eq!(breaker.failed(5, &nan, 0), None, "switched off");
    }
}
