//! Detector, theta steps, steps on the augmentation, score.

use super::Faults;
use crate::spec::{
    DetectorSpec, Hypergradient, ImageNormalisation, Optimiser, ResNetSpec, Schedule, Score, TrainingSpec, TuningSpec,
};

/// More would move an image out of its frame.
const MAX_CROP_PADDING_PX: u32 = 512;

/// The detector that stands at `place`, such as `detector` or `variants[2].detector`.
pub(super) fn detector(detector: &DetectorSpec, place: &str, faults: &mut Faults) {
    match detector {
        DetectorSpec::Resnet(net) => resnet(net, &format!("{place}.resnet"), faults),
        DetectorSpec::Tiny(net) => {
            faults.check((1..=1024).contains(&net.width), format!("{place}.tiny.width"), || {
                "use 1 to 1024 channels".into()
            });
        }
    }
}

fn resnet(net: &ResNetSpec, place: &str, faults: &mut Faults) {
    let at = |what: &str| format!("{place}.{what}");
    faults.check((1..=1024).contains(&net.width), at("width"), || {
        "use 1 to 1024 channels".into()
    });
    faults.check((1..=65536).contains(&net.head), at("head"), || {
        "use 1 to 65536 units".into()
    });
    faults.check(net.blocks.iter().all(|n| (1..=64).contains(n)), at("blocks"), || {
        "each of the four stages has 1 to 64 blocks".into()
    });
    faults.check(net.frozen_stages <= 5, at("frozen_stages"), || {
        format!(
            "{} parts are more than there are; write 0 (none) to 5 (the stem and all four stages)",
            net.frozen_stages
        )
    });
    faults.check(
        net.frozen_stages == 0 || net.weights.is_some(),
        at("frozen_stages"),
        || "frozen parts need weights; name a safetensors file in `weights`, or write 0".into(),
    );
    faults.check(net.weights.as_deref() != Some(""), at("weights"), || {
        "name a safetensors file, or leave `weights` out".into()
    });
}

pub(super) fn training(training: &TrainingSpec, faults: &mut Faults) {
    faults.check((1..=1_000_000).contains(&training.epochs), "training.epochs", || {
        "train for 1 to 1000000 epochs".into()
    });
    faults.check(training.batch >= 2, "training.batch", || {
        format!(
            "a batch of {} is too small; batch normalisation needs at least 2 images",
            training.batch
        )
    });
    optimiser(&training.optimiser, "training.optimiser", faults);
    schedule(&training.schedule, training.epochs, faults);
    clip_norm(training.clip_norm, "training.clip_norm", faults);
    let padding = training.augmentation.crop_padding_px;
    faults.check(
        padding <= MAX_CROP_PADDING_PX,
        "training.augmentation.crop_padding_px",
        || format!("{padding} pixels are too many; write 0 to {MAX_CROP_PADDING_PX}"),
    );
    let by_place = matches!(
        training.normalisation,
        ImageNormalisation::Pixel | ImageNormalisation::Layout(_)
    );
    faults.check(
        padding == 0 || !by_place,
        "training.augmentation.crop_padding_px",
        || {
            "moved images don't fit a normalisation by place, `pixel` or `layout`; write 0, or `normalisation: channel`"
                .into()
        },
    );
}

/// Steps on the augmentation; `epochs` of training in all.
pub(super) fn tuning(tuning: &TuningSpec, epochs: u32, faults: &mut Faults) {
    // The default may be more than a quick try trains for: nobody wrote it, and nobody is surprised.
    let meant = tuning.warmup_epochs != TuningSpec::default().warmup_epochs;
    let tuned = tuning.hypergradient != Hypergradient::None && epochs > 0;
    faults.check(
        !(meant && tuned) || tuning.warmup_epochs < epochs,
        "tuning.warmup_epochs",
        || {
            format!(
                "{} epochs of warm-up leave none of {epochs} for tuning; write fewer, or `hypergradient: none`",
                tuning.warmup_epochs
            )
        },
    );
    faults.check(tuning.every >= 1, "tuning.every", || {
        "write 1 for a step on the augmentation with every step of the detector, or more for fewer".into()
    });
    faults.positive(tuning.inner_lr, "tuning.inner_lr");
    faults.check(
        tuning.validation_batch.is_none_or(|n| n >= 2),
        "tuning.validation_batch",
        || "use at least 2 images, or null for all of them".into(),
    );
    optimiser(&tuning.optimiser, "tuning.optimiser", faults);
    clip_norm(tuning.clip_norm, "tuning.clip_norm", faults);
}

/// The score that stands at `place`, such as `score` or `variants[2].score`.
pub(super) fn score(score: &Score, place: &str, faults: &mut Faults) {
    if let Score::Knn(knn) = score {
        faults.check(knn.k >= 1, format!("{place}.knn.k"), || {
            "a distance needs at least 1 neighbour".into()
        });
    }
}

fn optimiser(optimiser: &Optimiser, path: &str, faults: &mut Faults) {
    let (name, lr, decay) = match *optimiser {
        Optimiser::Adam { lr, weight_decay } => ("adam", lr, weight_decay),
        Optimiser::Adamw { lr, weight_decay } => ("adamw", lr, weight_decay),
        Optimiser::Sgd { lr, weight_decay, .. } => ("sgd", lr, weight_decay),
    };
    let at = |what: &str| format!("{path}.{name}.{what}");
    faults.positive(lr, &at("lr"));
    faults.check(decay >= 0.0 && decay.is_finite(), at("weight_decay"), || {
        format!("{decay} must be a number of at least 0")
    });
    if let Optimiser::Sgd { momentum, nesterov, .. } = *optimiser {
        faults.check((0.0..1.0).contains(&momentum), at("momentum"), || {
            format!("{momentum} must lie in [0, 1)")
        });
        faults.check(!nesterov || momentum > 0.0, at("nesterov"), || {
            "there is no momentum to look ahead along; give `momentum`, or leave `nesterov` out".into()
        });
    }
}

fn schedule(schedule: &Schedule, epochs: u32, faults: &mut Faults) {
    match schedule {
        Schedule::Constant => {}
        Schedule::Cosine(cosine) => {
            let path = "training.schedule.cosine";
            faults.check(cosine.warmup_epochs < epochs, format!("{path}.warmup_epochs"), || {
                format!(
                    "{} epochs of warm-up leave none of {epochs} for the cosine; write fewer",
                    cosine.warmup_epochs
                )
            });
            faults.check((0.0..=1.0).contains(&cosine.floor), format!("{path}.floor"), || {
                format!("{} is no share of the step size; write 0 to 1", cosine.floor)
            });
        }
        Schedule::Step(step) => {
            let path = "training.schedule.step";
            faults.check(step.every_epochs >= 1, format!("{path}.every_epochs"), || {
                "write at least 1 epoch".into()
            });
            faults.check(
                step.factor > 0.0 && step.factor <= 1.0,
                format!("{path}.factor"),
                || format!("{} must be above 0 and at most 1", step.factor),
            );
        }
    }
}

fn clip_norm(norm: Option<f64>, path: &str, faults: &mut Faults) {
    if let Some(norm) = norm {
        faults.positive(norm, path);
    }
}
