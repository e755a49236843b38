//! Options of training, tuning, detector and score: what is read, and what is refused with which advice.

use augur_core::spec::{ImageNormalisation, Optimiser, Schedule, Score, SpecError, SweepSpec, ValidationLoss, parse};

fn spec(options: &str) -> Result<SweepSpec, SpecError> {
    parse(&format!(
        "version: 1
name: options
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: 0, anomaly: {{class: 1}}}}]
families: [{{rotation: {{starts: [{{angle_deg: 90}}]}}}}]
seeds: [0]
{options}"
    ))
}

#[test]
fn options_are_read_and_defaults_stay() {
    let read = spec(
        "training:
  optimiser: {sgd: {lr: 0.1, momentum: 0.9, nesterov: true}}
  schedule: {cosine: {warmup_epochs: 2}}
  normalisation: pixel
tuning: {loss: sinkhorn, every: 4, clip_norm: 1}
detector: {resnet: {embedding: stages, weights: a.safetensors, frozen_stages: 2}}
score: {knn: {}}",
    )
    .expect("reads");
    assert!(matches!(read.training.optimiser, Optimiser::Sgd { nesterov: true, .. }));
    assert!(matches!(read.training.schedule, Schedule::Cosine(cosine) if cosine.warmup_epochs == 2));
    assert_eq!(read.training.normalisation, ImageNormalisation::Pixel);
    assert_eq!((read.tuning.loss, read.tuning.every), (ValidationLoss::Sinkhorn, 4));
    assert!(matches!(read.score, Score::Knn(knn) if knn.k == 5));

    let plain = spec("").expect("reads");
    assert_eq!(plain.training.optimiser, Optimiser::adam(1e-3));
    assert_eq!((plain.training.clip_norm, plain.tuning.clip_norm), (None, None));
    assert!(plain.training.augmentation.is_none());
    assert_eq!(plain.score, Score::Gde);
}

#[test]
fn options_that_mean_nothing_are_refused_where_they_stand() {
    for (options, path, advice) in [
        ("tuning: {every: 0}", "tuning.every", "write 1"),
        ("training: {clip_norm: 0}", "training.clip_norm", "above 0"),
        ("score: {knn: {k: 0}}", "score.knn.k", "at least 1"),
        (
            "detector: {resnet: {frozen_stages: 1}}",
            "detector.resnet.frozen_stages",
            "weights",
        ),
        (
            "detector: {resnet: {frozen_stages: 6, weights: a}}",
            "detector.resnet.frozen_stages",
            "0 (none) to 5",
        ),
        (
            "training: {optimiser: {sgd: {lr: 0.1, nesterov: true}}}",
            "training.optimiser.sgd.nesterov",
            "momentum",
        ),
        (
            "training: {optimiser: {adamw: {lr: 0.1, weight_decay: -1}}}",
            "training.optimiser.adamw.weight_decay",
            "at least 0",
        ),
        (
            "training: {epochs: 8, schedule: {cosine: {warmup_epochs: 8}}}",
            "training.schedule.cosine.warmup_epochs",
            "fewer",
        ),
        (
            "training: {schedule: {step: {every_epochs: 0, factor: 0.1}}}",
            "training.schedule.step.every_epochs",
            "at least 1",
        ),
        (
            "training: {augmentation: {crop_padding_px: 1000}}",
            "training.augmentation.crop_padding_px",
            "0 to 512",
        ),
        (
            "training: {normalisation: pixel, augmentation: {crop_padding_px: 1}}",
            "training.augmentation.crop_padding_px",
            "channel",
        ),
        (
            "training: {normalisation: {layout: {components: 3}}, augmentation: {crop_padding_px: 1}}",
            "training.augmentation.crop_padding_px",
            "channel",
        ),
        (
            "training: {epochs: 4}\ntuning: {warmup_epochs: 4}",
            "tuning.warmup_epochs",
            "hypergradient: none",
        ),
        (
            "variants: [{name: mmd, validation_loss: mmd, families: [{blur: {form: random}}]}]",
            "variants[0].validation_loss",
            "changes nothing",
        ),
    ] {
        let error = spec(options).expect_err(options);
        let fault = &error.faults[0];
        assert_eq!(fault.path, path, "{options}");
        assert!(fault.message.contains(advice), "{options}: {}", fault.message);
        assert!(fault.position.is_some(), "{options} has no line");
    }
}
