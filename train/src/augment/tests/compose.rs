//! The composition: what it takes, what its gradients are.

use augur_core::spec::{FamilySpec, Form};
use tch::{Kind, Tensor};

use super::Compose;
use crate::augment::tests::cases::{SHAPE, composition, draw, draw_for, images};
use crate::augment::tests::finite_differences;
use crate::augment::{Augmentation, from_spec};
use crate::testing::{difference, noise};

/// cutdiff: area, aspect, angle; blur: sigma; noise: sigma and its spread; three weights.
const RAW: [f64; 9] = [0.4, -0.6, 1.1, -1.0, -0.5, -0.8, 0.2, -0.3, 0.5];

fn gradient(f: &dyn Fn(&Tensor) -> Tensor) -> Tensor {
    let leaf = Tensor::from_slice(&RAW).set_requires_grad(true);
    Tensor::run_backward(&[f(&leaf)], &[&leaf], false, false).remove(0)
}

#[test]
fn hyperparameters_are_named_by_part_and_weights_are_shares() {
    let family = Compose::new(composition());
    let named = family.hyperparameters(&RAW);
    let names: Vec<_> = named.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "cutdiff.area",
            "cutdiff.aspect",
            "cutdiff.angle_deg",
            "blur.sigma_px",
            "noise.sigma",
            "noise.sigma_spread",
            "weight.cutdiff",
            "weight.blur",
            "weight.noise",
        ]
    );
    let shares: f64 = named[6..].iter().map(|(_, share)| share).sum();
    assert!((shares - 1.0).abs() < 1e-12, "{shares}");
    let back = family.raw_from(&named.iter().cloned().collect()).unwrap();
    for ((name, want), (_, got)) in named.iter().zip(family.hyperparameters(&back)) {
        assert!((want - got).abs() < 1e-9, "{name}: {want} became {got}");
    }
}

#[test]
fn every_image_is_that_of_exactly_one_part() {
    let mut spec = composition();
    spec.parts.truncate(2);
    let family = Compose::new(spec);
    let raw = Tensor::from_slice(&[0.4, -0.6, 1.1, -1.0, 0.0, 0.0]);
    let shape = [40, 1, 9, 9];
    let x = noise(&shape, 1.0);
    let draw = draw_for(&family, shape);
    let y = family.apply(&raw, &x, &draw);
    let parts = [0, 1].map(|part| {
        let weights = Tensor::eye(2, (Kind::Double, tch::Device::Cpu)).narrow(0, part, 1);
        family.mix(&weights.expand([40, 2], false), &raw, &x, &draw)
    });
    let mut taken = [0, 0];
    for i in 0..40 {
        let same = parts.each_ref().map(|part| difference(&part.get(i), &y.get(i)) == 0.0);
        assert_ne!(same[0], same[1], "image {i}");
        taken[usize::from(same[1])] += 1;
    }
    assert!(taken.iter().all(|n| *n > 5), "{taken:?}");
}

#[test]
fn parts_are_taken_as_often_as_their_weights_say() {
    let mut spec = composition();
    spec.parts.truncate(2);
    let family = Compose::new(spec);
    let share = 0.8_f64;
    let raw = Tensor::from_slice(&[0.4, -0.6, 1.1, -1.0, share.ln(), (1.0 - share).ln()]);
    let shape = [4000, 1, 1, 1];
    let relaxed = family.relaxed(&raw, &noise(&shape, 1.0), &draw_for(&family, shape));
    let first = relaxed.argmax(-1, false).eq(0).to_kind(Kind::Double).mean(Kind::Double);
    // A standard error of 0.0063.
    assert!((first.double_value(&[]) - share).abs() < 0.025, "{first}");
}

#[test]
fn relaxed_gradient_agrees_with_finite_differences() {
    let family = Compose::new(composition());
    let upstream = noise(&SHAPE, 3.0) - 0.5;
    let f = |raw: &Tensor| {
        let draw = draw(&family);
        let weights = family.relaxed(raw, &images(), &draw);
        (family.mix(&weights, raw, &images(), &draw) * &upstream).sum(Kind::Double)
    };
    let want = finite_differences(&RAW, &|raw| f(raw).double_value(&[]));
    assert!(
        want.abs().min().double_value(&[]) > 1e-5,
        "the test shows nothing: {want}"
    );
    assert!(difference(&gradient(&f), &want) < 1e-7);
}

/// Backwards, weights are the relaxed ones and parts the chosen ones.
#[test]
fn straight_through_gradient_is_what_it_says() {
    let family = Compose::new(composition());
    let upstream = noise(&SHAPE, 3.0) - 0.5;
    let draw = draw(&family);
    let x = images();
    let straight = gradient(&|raw| (family.apply(raw, &x, &draw) * &upstream).sum(Kind::Double));

    let chosen = {
        let relaxed = family.relaxed(&Tensor::from_slice(&RAW), &x, &draw);
        relaxed.argmax(-1, false).one_hot(3).to_kind(Kind::Double)
    };
    let of_parts = gradient(&|raw| (family.mix(&chosen, raw, &x, &draw) * &upstream).sum(Kind::Double));
    assert!(difference(&straight.narrow(0, 0, 6), &of_parts.narrow(0, 0, 6)) < 1e-12);
    let of_weights = gradient(&|raw| {
        let weights = family.relaxed(raw, &x, &draw);
        (family.mix(&weights, &raw.detach(), &x, &draw) * &upstream).sum(Kind::Double)
    });
    assert!(difference(&straight.narrow(0, 6, 3), &of_weights.narrow(0, 6, 3)) < 1e-12);
    assert!(of_weights.narrow(0, 6, 3).abs().min().double_value(&[]) > 1e-3);
}

#[test]
fn a_fixed_part_keeps_still() {
    let mut spec = composition();
    spec.parts[0] = spec.parts[0].in_form(Form::Fixed);
    let family = Compose::new(spec);
    let draw = draw(&family);
    let weights = Tensor::ones([2, 3], (Kind::Double, tch::Device::Cpu)) / 3.0;
    let gradient = gradient(&|raw| family.mix(&weights, raw, &images(), &draw).sum(Kind::Double));
    assert_eq!(gradient.narrow(0, 0, 3).abs().max().double_value(&[]), 0.0);
    assert!(gradient.narrow(0, 3, 1).abs().double_value(&[0]) > 1e-6);
}

#[test]
fn extreme_weights_stay_numbers() {
    let family = Compose::new(composition());
    for size in [-1e4_f32, -88.0, 88.0, 1e4] {
        let mut raw = RAW.map(|r| r as f32);
        raw[6] = size;
        let leaf = Tensor::from_slice(&raw).set_requires_grad(true);
        let y = family.apply(&leaf, &images().to_kind(Kind::Float), &draw(&family));
        assert!(
            y.min().double_value(&[]) >= 0.0 && y.max().double_value(&[]) <= 1.0,
            "{size}"
        );
        let gradient = Tensor::run_backward(&[y.sum(Kind::Float)], &[&leaf], false, false).remove(0);
        assert_eq!(gradient.isfinite().all().int64_value(&[]), 1, "{size}");
        let shares = family.hyperparameters(&raw.map(f64::from));
        assert!(
            shares[6..].iter().all(|(_, share)| (0.0..=1.0).contains(share)),
            "{shares:?}"
        );
    }
}

#[test]
fn a_composition_may_be_random_or_of_distributions() {
    for (form, count) in [(Form::Random, 0), (Form::Distribution, 13)] {
        let family = from_spec(&FamilySpec::Compose(composition()).in_form(form));
        assert_eq!(family.raw_len(), count, "{form:?}");
        let raw = Tensor::from_slice(&vec![0.1; count as usize]);
        let y = family.apply(&raw, &images(), &draw(family.as_ref()));
        assert!(
            y.min().double_value(&[]) >= 0.0 && y.max().double_value(&[]) <= 1.0,
            "{form:?}"
        );
    }
}
