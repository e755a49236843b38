//! The sweeps, one after the other, so that there is always work.

/// Trials of a sweep: of two tasks and two seeds, the starting points of both families and a control.
pub const TRIALS: u32 = 4 * (STARTS + 2 + 1);
const STARTS: u32 = 60;

/// The sweep of that number. No two have a trial in common; every second stops trials early.
pub fn spec(number: usize) -> String {
    let seeds = [2 * number, 2 * number + 1];
    let stopping = if number % 2 == 1 {
        "early_stopping: {reduction: 2, first_epoch: 2, audit: 0.2}\n"
    } else {
        ""
    };
    format!(
        "\
version: 1
name: turns-{number}
data: {{fashion_mnist: {{size_px: 12}}}}
split: {{train: 128, validation_normal: 48, validation_anomalous: 32}}
tasks:
  - {{normal: sneaker, anomaly: {{planted: {{rotate_deg: 150}}}}}}
  - {{normal: trouser, anomaly: {{class: bag}}}}
families:
  - rotation: {{starts: {{sobol: {STARTS}}}}}
  - cutdiff: {{starts: {{sobol: 2}}}}
variants: [{{name: mean-intensity, baseline: {{mean_intensity: {{}}}}}}]
seeds: {seeds:?}
detector: {{tiny: {{}}}}
training: {{epochs: 6, batch: 32}}
tuning: {{warmup_epochs: 1}}
retry: {{breaker: 0}}
resources: {{device: cpu}}
{stopping}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::{plan::Plan, spec::parse};

    #[test]
    fn the_specs_are_sound() {
        for number in 0..4 {
            let plan = Plan::new(parse(&spec(number)).unwrap());
            assert_eq!(plan.trials(), TRIALS);
        }
    }
}
