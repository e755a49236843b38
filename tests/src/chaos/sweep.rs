//! The sweeps that are disturbed: many short trials on Fashion-MNIST, without and with early stopping.

use serde::Serialize;

/// Trials for each fault: enough that some run and some wait whenever one strikes.
const TRIALS_PER_FAULT: usize = 5;

/// A sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Every trial runs to its end.
    Plain,
    /// Trials that fall behind are stopped on their way.
    EarlyStopping,
}

impl Variant {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Plain, Self::EarlyStopping];

    /// As the sweep and its folders are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::EarlyStopping => "early-stopping",
        }
    }

    /// Its spec: two tasks, two families, and a control, as many trials as so many faults need.
    pub fn spec(self, faults: usize) -> String {
        // Two tasks with two seeds make four groups, of which each takes a quarter of the trials.
        let starts = (faults * TRIALS_PER_FAULT).div_ceil(4).max(4);
        let (rotation, cutdiff) = (starts - starts / 3, starts / 3);
        let name = self.name();
        let stopping = match self {
            Self::Plain => "",
            Self::EarlyStopping => "early_stopping: {reduction: 2, first_epoch: 3, audit: 0.2}\n",
        };
        format!(
            "\
version: 1
name: {name}
data: {{fashion_mnist: {{size_px: 12}}}}
split: {{train: 128, validation_normal: 48, validation_anomalous: 32}}
tasks:
  - {{normal: sneaker, anomaly: {{planted: {{rotate_deg: 150}}}}}}
  - {{normal: trouser, anomaly: {{class: bag}}}}
families:
  - rotation: {{starts: {{sobol: {rotation}}}}}
  - cutdiff: {{starts: {{sobol: {cutdiff}}}}}
variants: [{{name: mean-intensity, baseline: {{mean_intensity: {{}}}}}}]
seeds: [0, 1]
detector: {{resnet: {{width: 4, head: 16}}}}
training: {{epochs: 10, batch: 32}}
tuning: {{warmup_epochs: 2}}
retry: {{max_attempts: 100, breaker: 0}}
resources: {{device: cpu}}
{stopping}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::{plan::Plan, spec::parse};

    #[test]
    fn the_specs_are_sound_and_grow_with_the_faults() {
        for variant in Variant::ALL {
            for faults in [4, 25, 100] {
                let plan = Plan::new(parse(&variant.spec(faults)).unwrap());
                assert!(plan.trials() as usize >= faults * TRIALS_PER_FAULT, "{}", plan.trials());
                assert_eq!(plan.groups(), 2 * 2 * 2);
            }
        }
    }
}
