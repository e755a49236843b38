//! The exact hypergradient against finite differences of L_val(theta'(a)), under every option that it passes through.

use augur_core::draws::{Purpose, shared_stream};
use augur_core::spec::{FamilySpec, ValidationLoss};
use tch::{Device, Kind};

use super::*;
use crate::augment::from_spec;
use crate::detector::{Embedding, ResNetConfig, Stem};
use crate::init;
use crate::loss::normalise;
use crate::testing::noise;

struct Setting {
    stem: Stem,
    width: i64,
    side: i64,
    /// Of the finite differences: small enough that no ReLU changes its sign on the way.
    step: f64,
    /// As in a spec, without starting points.
    family: &'static str,
    raw: &'static [f64],
    frozen: usize,
    embedding: Embedding,
    pixels: bool,
    loss: ValidationLoss,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            stem: Stem::Small,
            width: 3,
            side: 8,
            step: 1e-6,
            family: r#"{"rotation": {"starts": []}}"#,
            raw: &[0.7],
            frozen: 0,
            embedding: Embedding::Last,
            pixels: false,
            loss: ValidationLoss::MeanDistance,
        }
    }
}

/// Of each raw parameter: the hypergradient, its direct part, and the slope of L_val by finite differences.
fn slopes(setting: &Setting) -> Vec<[f64; 3]> {
    let step = setting.step;
    let mut detector = Detector::resnet(&ResNetConfig {
        channels: 1,
        stem: setting.stem,
        width: setting.width,
        blocks: vec![1, 1, 1],
        head: 5,
        embedding: setting.embedding,
    });
    let mut rng = shared_stream(0, "hypergradient", Purpose::Weights, 0);
    let (params, stats) = init::draw(&detector, &mut rng, Kind::Double, Device::Cpu);
    detector.freeze(setting.frozen, &stats);
    let params = detector.leaves(&params);
    let side = setting.side;
    let (x_trn, x_val) = (noise(&[6, 1, side, side], 1.0), noise(&[5, 1, side, side], 2.0));
    let normalisation = if setting.pixels {
        Normalisation::of_pixels(&x_trn)
    } else {
        Normalisation::of(&x_trn)
    };
    let family: FamilySpec = serde_json::from_str(setting.family).unwrap();
    let augmentation = from_spec(&family);
    let draw = Draw::new(&augmentation.needs(), [6, 1, side, side], &mut rng, Device::Cpu);
    let which = setting.loss;
    let hypergradient = Hypergradient {
        detector: &detector,
        augmentation: augmentation.as_ref(),
        normalisation: &normalisation,
        loss: &move |t, a, v| normalise(t, a, v).loss(which),
        inner_lr: 0.5,
        order: HypergradientOrder::Exact,
    };
    let at = |raw: &[f64]| hypergradient.compute(&params, &Tensor::from_slice(raw), &x_trn, &x_val, &draw);
    let exact = at(setting.raw);
    let slope = |i: usize| {
        let value = |by: f64| {
            let mut raw = setting.raw.to_vec();
            raw[i] += by;
            at(&raw).l_val.double_value(&[])
        };
        let [total, direct] = [&exact.total, &exact.direct()].map(|t| t.double_value(&[i as i64]));
        [total, direct, (value(step) - value(-step)) / (2.0 * step)]
    };
    (0..setting.raw.len()).map(slope).collect()
}

fn check(setting: &Setting, what: &str) {
    for [total, direct, numeric] in slopes(setting) {
        let apart = (total - numeric).abs() / numeric.abs();
        assert!(apart < 1e-4, "{what}: {total} where the slope is {numeric}");
        assert_eq!(
            (direct - total).abs() < 1e-9,
            setting.frozen == 4,
            "{what}: the second path exists unless everything is frozen ({direct}, {total})"
        );
    }
}

#[test]
fn is_the_slope_with_frozen_parts() {
    for frozen in 0..=4 {
        let setting = Setting {
            frozen,
            ..Default::default()
        };
        check(&setting, &format!("{frozen} frozen parts"));
    }
}

/// Layers as wide as those that lie with channels last, pooling, and images down to 2x2 with 128 channels.
#[test]
fn is_the_slope_of_a_wide_network() {
    let setting = Setting {
        stem: Stem::Imagenet,
        width: 64,
        side: 16,
        step: 1e-9,
        ..Default::default()
    };
    check(&setting, "width 64");
}

#[test]
fn is_the_slope_with_embeddings_of_several_stages_and_normalised_pixels() {
    let setting = Setting {
        embedding: Embedding::Stages,
        pixels: true,
        ..Default::default()
    };
    check(&setting, "stages and pixels");
}

/// MMD isn't here: its bandwidth counts as a constant, which a slope knows nothing of.
#[test]
fn is_the_slope_of_other_losses() {
    for loss in [ValidationLoss::Sinkhorn, ValidationLoss::MixtureEnergy] {
        let setting = Setting {
            loss,
            ..Default::default()
        };
        check(&setting, &format!("{loss:?}"));
    }
}

#[test]
fn is_the_slope_of_a_distribution() {
    let setting = Setting {
        family: r#"{"cutdiff": {"form": "distribution", "starts": []}}"#,
        raw: &[0.3, -0.4, 0.7, -1.0, -0.5, -1.5],
        ..Default::default()
    };
    check(&setting, "centre and spread of patches");
}

#[test]
fn frozen_parameters_get_no_gradient() {
    let config = ResNetConfig {
        channels: 1,
        stem: Stem::Small,
        width: 3,
        blocks: vec![1, 1],
        head: 5,
        embedding: Embedding::Last,
    };
    let mut detector = Detector::resnet(&config);
    let mut rng = shared_stream(0, "frozen", Purpose::Weights, 0);
    let (params, mut stats) = init::draw(&detector, &mut rng, Kind::Double, Device::Cpu);
    detector.freeze(2, &stats);
    let params = detector.leaves(&params);
    let names: Vec<&str> = detector.trainable(&params).map(|(name, _)| name).collect();
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("layer2") || name.starts_with("head")),
        "{names:?}"
    );
    let x = noise(&[6, 1, 8, 8], 1.0);
    let before = stats.copied();
    let x = Tensor::cat(&[&x, &(&x * 0.5)], 0);
    let pass = detector.training_pass(&params, &x, &Mode::Track(&mut stats), false);
    assert_eq!(pass.gradients.len(), names.len());
    for ((name, old), new) in before.iter().zip(stats.tensors()) {
        assert_eq!(old != new, name.starts_with("layer2"), "{name}");
    }
}
