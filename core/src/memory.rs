//! How much memory a trial takes: the key under which measured peaks are kept, and a bound for what nobody has measured yet.

use crate::{
    cost::{Images, activations},
    plan::{Method, TrialSpec},
    spec::canonical_json,
};

/// What a process with libtorch takes before its first trial, bytes. Measured on Linux x86-64: 240 MiB.
const PROCESS: f64 = 260e6;
/// Times that the values between layers are held at once: by the training pass, with their derivatives, by the validation pass,
/// and by what is computed meanwhile. Measured at width 16 and 32 pixels: 2.4; a bound leaves room.
const HELD: f64 = 5.0;
/// Bytes of a value.
const VALUE: f64 = 4.0;

/// Trials with the same shape peak at the same memory, whatever their task, start and seed: the hash of what it depends on.
pub fn shape(trial: &TrialSpec) -> String {
    let method = match &trial.method {
        Method::Augmented { family, .. } => family.name().to_owned(),
        Method::Baseline(baseline) => canonical_json(baseline),
    };
    let sizes = (trial.data.size_px(), trial.data.colour(), &trial.split);
    let step = (trial.training.batch, trial.tuning.validation_batch, trial.is_tuned());
    canonical_json(&(method, sizes, step, &trial.detector, trial.resources.threads))
}

/// A peak of resident memory, in bytes, that a trial is expected to stay below where its shape has not been measured. Rough:
/// what is measured counts more.
pub fn bound(trial: &TrialSpec) -> u64 {
    let images = Images::of(trial);
    let data = images.count() * images.values() * VALUE * 2.0;
    let batch = 2.0 * f64::from(trial.training.batch);
    let validation = trial.tuning.validation_batch.map_or(images.validation, f64::from);
    let step = (batch + validation) * activations(&trial.detector, &images) * VALUE * HELD;
    // Positive and far below 2^64.
    (PROCESS + data + step) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{plan::Plan, spec::parse};

    fn trial(batch: u32, side: u32) -> TrialSpec {
        let yaml = format!(
            "version: 1
name: a
data: {{fashion_mnist: {{size_px: {side}}}}}
tasks: [{{normal: sneaker, anomaly: {{class: dress}}}}]
families: [{{rotation: {{starts: [{{angle_deg: 30}}, {{angle_deg: 60}}]}}}}]
seeds: [0]
training: {{batch: {batch}}}
"
        );
        Plan::new(parse(&yaml).unwrap()).trial(batch % 2)
    }

    #[test]
    fn starts_share_a_shape_and_sizes_do_not() {
        let (mut one, two) = (trial(64, 16), trial(65, 16));
        one.training.batch = 65;
        assert_ne!(one.id(), two.id());
        assert_eq!(shape(&one), shape(&two));
        assert_ne!(shape(&trial(64, 16)), shape(&trial(64, 28)));
        assert_ne!(shape(&trial(64, 16)), shape(&trial(32, 16)));
    }

    #[test]
    fn larger_images_and_batches_take_more() {
        assert!(bound(&trial(64, 28)) > bound(&trial(64, 16)));
        assert!(bound(&trial(128, 16)) > bound(&trial(64, 16)));
    }
}
