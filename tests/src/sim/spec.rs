//! The sweeps that are simulated.

use rand::Rng;

/// A spec of two tasks, two families, a control and two seeds; with early stopping where that is wanted. Faults are charged to
/// nobody for good: attempts are many.
pub fn spec(random: &mut impl Rng, stops_early: bool) -> String {
    let starts = random.random_range(3..=6);
    let stopping = if stops_early {
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
training: {{epochs: 6, batch: 32}}
tuning: {{warmup_epochs: 1}}
retry: {{max_attempts: 100, breaker: 0}}
resources: {{device: cpu}}
{stopping}"
    )
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
            let plain = Plan::new(parse(&spec(&mut random, false)).unwrap());
            assert!(Rules::of(&plain, 0).is_none());
            let stopping = Plan::new(parse(&spec(&mut random, true)).unwrap());
            assert_eq!(Rules::of(&stopping, 0).unwrap().rungs, [2, 4]);
            assert!((24..=36).contains(&stopping.trials()), "{}", stopping.trials());
        }
    }
}
