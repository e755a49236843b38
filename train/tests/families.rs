//! The hypergradient through hyperparameters of each image and through compositions, and planted anomalies against the
//! families that make them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use augur_core::draws::{Purpose, shared_stream};
use augur_core::spec::{
    BlurSpec, Bound, ComposeSpec, CutdiffMode, CutdiffSpec, CutpasteSpec, FamilySpec, Form, NoiseSpec, PlantedPatch,
    Starts,
};
use augur_data::{Images, blurred, noisy, patched};
use augur_train::augment::{Augmentation, Draw, from_spec};
use augur_train::detector::{Detector, TinyConfig};
use augur_train::hypergradient::{Hypergradient, HypergradientOrder, HypergradientOutput};
use augur_train::init;
use augur_train::loss::normalise;
use augur_train::normalisation::Normalisation;
use tch::{Device, Kind, Tensor};

const DOUBLE: (Kind, Device) = (Kind::Double, Device::Cpu);

/// Images in [0, 1] that no two seeds share.
fn images(shape: [i64; 4], seed: f64) -> Tensor {
    let count = shape.iter().product::<i64>();
    let x = Tensor::arange(count, DOUBLE) * 12.9898 + seed * 78.233;
    (x.sin() * 43758.5453).frac().abs().view(shape)
}

fn hypergradient(family: &dyn Augmentation, raw: &[f64], order: HypergradientOrder) -> HypergradientOutput {
    let detector = Detector::tiny(TinyConfig {
        channels: 1,
        widths: [3, 4],
    });
    let stream = |purpose| shared_stream(0, "families", purpose, 0);
    let (params, _) = init::draw(&detector, &mut stream(Purpose::Weights), Kind::Double, Device::Cpu);
    let x_trn = images([6, 1, 8, 8], 1.0);
    let draw = Draw::new(
        &family.needs(),
        [6, 1, 8, 8],
        &mut stream(Purpose::Augmentation),
        Device::Cpu,
    );
    let hypergradient = Hypergradient {
        detector: &detector,
        augmentation: family,
        normalisation: &Normalisation::new(&[0.5], &[0.3], Kind::Double, Device::Cpu),
        loss: &|t, a, v| normalise(t, a, v).mean_distance(),
        inner_lr: 0.1,
        order,
    };
    let x_val = images([5, 1, 8, 8], 2.0) * 0.7;
    hypergradient.compute(&params, &Tensor::from_slice(raw), &x_trn, &x_val, &draw)
}

/// Of L_val at theta'(a), through both paths.
#[test]
fn hypergradient_of_a_distribution_agrees_with_finite_differences() {
    let family = from_spec(&FamilySpec::Cutdiff(CutdiffSpec::default()).in_form(Form::Distribution));
    let raw = [0.4, -0.6, 1.1, -0.7, -0.4, -2.0];
    let exact = hypergradient(family.as_ref(), &raw, HypergradientOrder::Exact);
    for (i, _) in raw.iter().enumerate() {
        let l_val = |by: f64| {
            let mut raw = raw;
            raw[i] += by;
            hypergradient(family.as_ref(), &raw, HypergradientOrder::FirstOrder)
                .l_val
                .double_value(&[])
        };
        let want = (l_val(1e-5) - l_val(-1e-5)) / 2e-5;
        let got = exact.total.double_value(&[i as i64]);
        assert!((got - want).abs() < 1e-3 * want.abs() + 1e-9, "{i}: {got}, not {want}");
        assert!(want.abs() > 1e-6, "{i}: the test shows nothing");
    }
}

#[test]
fn hypergradient_of_a_composition_is_finite_and_reaches_every_weight() {
    let parts = vec![
        FamilySpec::Cutdiff(CutdiffSpec::default()).in_form(Form::Distribution),
        FamilySpec::Cutpaste(CutpasteSpec::default()),
        FamilySpec::Noise(NoiseSpec::default()),
    ];
    let compose = ComposeSpec {
        parts,
        temperature: 0.5,
        form: Form::Tuned,
        starts: Starts::default(),
    };
    let family = from_spec(&FamilySpec::Compose(compose));
    let raw: Vec<f64> = (0..family.raw_len()).map(|i| 0.3 - 0.1 * i as f64).collect();
    for order in [HypergradientOrder::Exact, HypergradientOrder::FirstOrder] {
        let total = hypergradient(family.as_ref(), &raw, order).total;
        assert_eq!(total.isfinite().all().int64_value(&[]), 1, "{total}");
        let weights = total.narrow(0, family.raw_len() - 3, 3);
        assert!(weights.abs().min().double_value(&[]) > 1e-9, "{weights}");
    }
}

fn tensor(images: &Images) -> Tensor {
    let shape = [images.count, images.channels, images.height, images.width].map(|n| n as i64);
    Tensor::from_slice(&images.data).view(shape).to_kind(Kind::Double)
}

fn plain(shape: [i64; 4]) -> Images {
    let data: Vec<f32> = Vec::try_from(images(shape, 3.0).to_kind(Kind::Float).flatten(0, -1)).unwrap();
    let [count, channels, height, width] = shape.map(|n| n as usize);
    Images {
        data,
        count,
        channels,
        height,
        width,
    }
}

fn assert_same(planted: &Images, family: &dyn Augmentation, raw: &[f64], x: &Images, draw: &Draw) {
    let want = family.apply(&Tensor::from_slice(raw), &tensor(x), draw);
    let worst = (tensor(planted) - want).abs().max().double_value(&[]);
    assert!(worst < 1e-6, "{}: differs by {worst}", family.name());
}

#[test]
fn planted_patches_are_those_of_cutdiff() {
    let x = plain([1, 3, 9, 7]);
    let centre = [0.3_f32, 0.6];
    for mode in [CutdiffMode::Subtract, CutdiffMode::Blend] {
        let patch = PlantedPatch {
            area: 0.1,
            aspect: 1.7,
            angle_deg: 35.0,
            mode,
            fill: 0.8,
            softness: 0.2,
        };
        let family = CutdiffSpec {
            mode,
            fill: patch.fill,
            softness: patch.softness,
            ..CutdiffSpec::default()
        };
        let named = [
            ("area", patch.area),
            ("aspect", patch.aspect),
            ("angle_deg", patch.angle_deg),
        ];
        let raw = family
            .raw_from(&named.map(|(name, value)| (name.to_owned(), value)).into())
            .unwrap();
        let draw = Draw {
            centers: Some(Tensor::from_slice(&centre).view([1, 2])),
            ..Draw::default()
        };
        assert_same(&patched(&x, &patch, centre), &family, &raw, &x, &draw);
    }
}

#[test]
fn planted_blur_is_that_of_the_family() {
    let (x, family) = (plain([2, 3, 9, 7]), BlurSpec::default());
    for sigma in [0.3, 1.2, 3.5] {
        let raw = family.parameters()[0].bound.raw(sigma).unwrap();
        assert_same(&blurred(&x, sigma), &family, &[raw], &x, &Draw::default());
    }
}

#[test]
fn planted_noise_is_that_of_the_family() {
    let (x, family) = (plain([2, 3, 9, 7]), NoiseSpec::default());
    let needs = Augmentation::needs(&family);
    let mut stream = shared_stream(0, "families", Purpose::Augmentation, 1);
    let draw = Draw::new(&needs, [2, 3, 9, 7], &mut stream, Device::Cpu);
    let eps: Vec<f32> = Vec::try_from(draw.noise.as_ref().unwrap().flatten(0, -1)).unwrap();
    let raw = Bound::Between { low: 0.0, high: 0.5 }.raw(0.2).unwrap();
    assert_same(&noisy(&x, 0.2, &eps), &family, &[raw], &x, &draw);
}
