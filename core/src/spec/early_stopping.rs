//! Early stopping: trials that do badly beside others of their group end before their last epoch (docs/selection.md).

use super::{TrainingSpec, TuningSpec};
use serde::{Deserialize, Serialize};

/// When trials are compared on the way, and how many of them go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EarlyStoppingSpec {
    /// One trial in so many goes on at a rung, 2 to 10; the epochs of a rung are so many times those of the one before.
    pub reduction: u32,
    /// The first rung, in epochs; none for the warm-up and one more, or the epochs / reduction^2, whichever is later.
    pub first_epoch: Option<u32>,
    /// The share of trials that run to their end whatever is decided, in [0, 1]: they show what stopping costs.
    pub audit: f64,
}

impl Default for EarlyStoppingSpec {
    fn default() -> Self {
        Self {
            reduction: 3,
            first_epoch: None,
            audit: 0.1,
        }
    }
}

impl EarlyStoppingSpec {
    /// The rungs: the epochs at whose end trials are compared, in order, below the last epoch.
    pub fn rungs(&self, training: &TrainingSpec, tuning: &TuningSpec) -> Vec<u32> {
        let reduction = self.reduction.max(2);
        let share = training.epochs.div_ceil(reduction.saturating_mul(reduction));
        let first = self
            .first_epoch
            .unwrap_or(share.max(tuning.warmup_epochs.saturating_add(1)));
        std::iter::successors(Some(first.max(1)), |epoch| epoch.checked_mul(reduction))
            .take_while(|epoch| *epoch < training.epochs)
            .collect()
    }
}
