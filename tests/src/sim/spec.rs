//! The sweeps that are simulated.

use rand::Rng;

/// Epochs of each trial.
pub const EPOCHS: u32 = 6;

/// A sweep of two tasks, two families, a control and two seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sweep {
    /// Starting points of one of its families.
    starts: u32,
    stops_early: bool,
}

impl Sweep {
    /// Draws one.
    pub fn new(random: &mut impl Rng, stops_early: bool) -> Self {
        let starts = random.random_range(3..=6);
        Self { starts, stops_early }
    }

    /// Trials: of two tasks and two seeds, the starting points of both families and the control.
    pub fn trials(self) -> u32 {
        4 * (self.starts + 2 + 1)
    }

    /// YAML. Faults are charged to nobody for good: attempts are many.
    pub fn yaml(self) -> String {
        let stopping = if self.stops_early {
            "early_stopping: {reduction: 2, first_epoch: 2, audit: 0.2}\n"
        } else {
            ""
        };
        format!(
            "\
version: 1
name: simulated
data: {{fashion_mnist: {{size_px: 12}}}}
split: {{train: 128, validation_normal: 48, validation_anomalous: 32}}
tasks:
  - {{normal: sneaker, anomaly: {{planted: {{rotate_deg: 150}}}}}}
  - {{normal: trouser, anomaly: {{class: bag}}}}
families:
  - rotation: {{starts: {{sobol: {starts}}}}}
  - cutdiff: {{starts: {{sobol: 2}}}}
variants: [{{name: mean-intensity, baseline: {{mean_intensity: {{}}}}}}]
seeds: [0, 1]
detector: {{tiny: {{}}}}
training: {{epochs: {EPOCHS}, batch: 32}}
tuning: {{warmup_epochs: 1}}
retry: {{max_attempts: 100, breaker: 0}}
resources: {{device: cpu}}
{stopping}",
            starts = self.starts,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::{halving::Rules, plan::Plan, spec::parse};
    use rand::SeedableRng;

    #[test]
    fn the_specs_are_sound_and_some_of_them_stop_trials_early() {
        for seed in 0..10 {
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let plain = Plan::new(parse(&Sweep::new(&mut random, false).yaml()).unwrap());
            assert!(Rules::of(&plain, 0).is_none());
            let sweep = Sweep::new(&mut random, true);
            let stopping = Plan::new(parse(&sweep.yaml()).unwrap());
            assert_eq!(Rules::of(&stopping, 0).unwrap().rungs, [2, 4]);
            assert_eq!(stopping.trials(), sweep.trials());
        }
    }
}
