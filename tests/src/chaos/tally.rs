//! What became of every trial, counted from the record of all that happened.

use augur_proto::v1::{Trial, TrialState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A sweep's end in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Trials of the sweep.
    pub trials: usize,
    /// Trials that neither completed nor were stopped early.
    pub lost: usize,
    /// Trials that completed, or were stopped early, more than once.
    pub repeated: usize,
    /// Attempts begun.
    pub attempts: usize,
    /// Attempts that came to nothing, by cause.
    pub failures: BTreeMap<String, usize>,
}

impl Tally {
    /// Of the trials of a sweep as they are at its end, and of every state that they went through.
    pub fn of(trials: &[Trial], history: &[Trial]) -> Self {
        let mut ends = vec![0usize; trials.len()];
        let mut failures = BTreeMap::new();
        for moved in history {
            match moved.state() {
                TrialState::Completed | TrialState::Stopped => {
                    if let Some(count) = ends.get_mut(moved.index as usize) {
                        *count += 1;
                    }
                }
                // Back in the queue, or given up: that is when an attempt has failed.
                TrialState::Pending | TrialState::Failed => {
                    if let Some(cause) = &moved.cause {
                        *failures.entry(cause_name(cause.kind().as_str_name())).or_default() += 1;
                    }
                }
                TrialState::Running | TrialState::Cancelled | TrialState::Unspecified => {}
            }
        }
        let is_over = |trial: &&Trial| matches!(trial.state(), TrialState::Completed | TrialState::Stopped);
        Self {
            trials: trials.len(),
            lost: trials.len() - trials.iter().filter(is_over).count(),
            repeated: ends.iter().filter(|count| **count > 1).count(),
            attempts: trials.iter().map(|trial| trial.attempts as usize).sum(),
            failures,
        }
    }

    /// "worker lost 3, crashed 2".
    pub fn failures_text(&self) -> String {
        let texts: Vec<String> = self
            .failures
            .iter()
            .map(|(cause, count)| format!("{cause} {count}"))
            .collect();
        if texts.is_empty() {
            "none".to_owned()
        } else {
            texts.join(", ")
        }
    }
}

/// "worker lost" for CAUSE_KIND_WORKER_LOST.
fn cause_name(kind: &str) -> String {
    kind.trim_start_matches("CAUSE_KIND_").to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_proto::v1::{Cause, CauseKind};

    fn trial(index: u32, state: TrialState, attempts: u32) -> Trial {
        Trial {
            index,
            attempts,
            state: state.into(),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_lost_and_what_came_twice_is_counted() {
        let mut again = trial(0, TrialState::Pending, 1);
        again.cause = Some(Cause {
            kind: CauseKind::WorkerLost.into(),
            detail: String::new(),
        });
        let history = [
            again,
            trial(0, TrialState::Completed, 2),
            trial(1, TrialState::Completed, 1),
            trial(1, TrialState::Completed, 1),
        ];
        let end = [
            trial(0, TrialState::Completed, 2),
            trial(1, TrialState::Completed, 1),
            trial(2, TrialState::Failed, 3),
        ];
        let tally = Tally::of(&end, &history);
        assert_eq!((tally.trials, tally.lost, tally.repeated, tally.attempts), (3, 1, 1, 6));
        assert_eq!(tally.failures_text(), "worker lost 1");
    }
}
