//! Early stopping: its numbers, and whether there is anything to compare on the way.

use super::Faults;
use crate::{plan::Plan, spec::SweepSpec};

/// Every report at a rung looks at all trials of its group.
const MOST_TRIALS: u32 = 1000;

pub(super) fn early_stopping(spec: &SweepSpec, faults: &mut Faults) {
    let Some(stopping) = &spec.early_stopping else {
        return;
    };
    let (place, epochs) = ("early_stopping", spec.training.epochs);
    let before = faults.0.len();
    faults.check(
        (2..=10).contains(&stopping.reduction),
        format!("{place}.reduction"),
        || {
            format!(
                "one trial in {} can't go on; write 2 (half of them) to 10",
                stopping.reduction
            )
        },
    );
    faults.check((0.0..=1.0).contains(&stopping.audit), format!("{place}.audit"), || {
        format!("{} is no share of trials; write 0 to 1", stopping.audit)
    });
    if let Some(first) = stopping.first_epoch {
        faults.check((1..epochs).contains(&first), format!("{place}.first_epoch"), || {
            format!("the first comparison can't be after epoch {first} of {epochs}; write at least 1 and less than `training.epochs`")
        });
    }
    if faults.0.len() == before {
        let rungs = stopping.rungs(&spec.training, &spec.tuning);
        faults.check(!rungs.is_empty(), place, || {
            format!("{epochs} epochs leave no comparison on the way after the warm-up; train longer, write `first_epoch`, or leave `early_stopping` out")
        });
    }
}

/// Called once all else is well: a plan of a spec with faults says nothing.
pub(super) fn group_sizes(spec: &SweepSpec, faults: &mut Faults) {
    if spec.early_stopping.is_none() {
        return;
    }
    let most = Plan::new(spec.clone()).candidates().into_iter().max().unwrap_or(0);
    faults.check(most <= MOST_TRIALS, "early_stopping", || {
        format!("{most} trials in a group are more than {MOST_TRIALS}; give it fewer starting points, or leave `early_stopping` out")
    });
}
