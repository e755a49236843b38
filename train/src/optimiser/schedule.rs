//! Schedules of the step size.

use std::f64::consts::PI;

use augur_core::spec::Schedule;

/// What the step size is multiplied by at `step`, counted from 0, of a training of `epochs` epochs of `epoch_steps` steps.
///
/// Cosine: (step + 1) / warm-up steps on the way up, so that the last of them has the whole step size; then
/// floor + (1 - floor) (1 + cos(pi t)) / 2 with t from 0 up to almost 1. Step: factor^(whole epochs / every_epochs).
pub fn factor(schedule: &Schedule, step: u64, epoch_steps: u64, epochs: u32) -> f64 {
    match schedule {
        Schedule::Constant => 1.0,
        Schedule::Cosine(cosine) => {
            let warmup = u64::from(cosine.warmup_epochs) * epoch_steps;
            let total = u64::from(epochs) * epoch_steps;
            if step < warmup {
                return (step + 1) as f64 / warmup as f64;
            }
            let progress = (step - warmup) as f64 / total.saturating_sub(warmup).max(1) as f64;
            cosine.floor + (1.0 - cosine.floor) * (1.0 + (PI * progress.min(1.0)).cos()) / 2.0
        }
        Schedule::Step(down) => {
            let times = step / epoch_steps.max(1) / u64::from(down.every_epochs.max(1));
            down.factor.powi(i32::try_from(times).unwrap_or(i32::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use augur_core::spec::{CosineSpec, StepSpec};

    use super::*;

    #[test]
    fn cosine_goes_up_then_down() {
        let schedule = Schedule::Cosine(CosineSpec {
            warmup_epochs: 2,
            floor: 0.1,
        });
        let at = |step| factor(&schedule, step, 4, 12);
        assert_eq!([at(0), at(3), at(7), at(8)], [0.125, 0.5, 1.0, 1.0]);
        assert!((at(28) - 0.55).abs() < 1e-12, "half of the way down");
        assert!((at(47) - 0.1).abs() < 0.002 && at(47) > 0.1, "{}", at(47));
        assert!((8..47).all(|step| at(step + 1) < at(step)));
    }

    #[test]
    fn step_falls_every_few_epochs() {
        let schedule = Schedule::Step(StepSpec {
            every_epochs: 3,
            factor: 0.5,
        });
        let at = |epoch: u64| factor(&schedule, epoch * 10, 10, 9);
        assert_eq!([at(0), at(2), at(3), at(5), at(6)], [1.0, 1.0, 0.5, 0.5, 0.25]);
        assert_eq!(factor(&schedule, 29, 10, 9), 1.0, "the last step of an epoch");
    }

    #[test]
    fn constant_changes_no_bit() {
        assert_eq!(factor(&Schedule::Constant, 1_000, 10, 3), 1.0);
    }
}
