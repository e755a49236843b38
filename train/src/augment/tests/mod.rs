//! Families against finite differences, their own inverse, and images whose augmentation is known.

pub mod cases;
mod draws;
mod forms;
mod known;
mod single;

use std::collections::BTreeMap;

use augur_core::spec::{CutdiffSpec, RotationSpec};
use tch::{Kind, Tensor};

use super::{AugmentError, Augmentation};
use crate::testing::{difference, noise};
use cases::{Case, SHAPE, cases, draw, images};

/// d f / d raw by central differences.
pub fn finite_differences(raw: &[f64], f: &dyn Fn(&Tensor) -> f64) -> Tensor {
    const STEP: f64 = 1e-6;
    let moved = |index: usize, by: f64| {
        let mut raw = raw.to_vec();
        raw[index] += by;
        f(&Tensor::from_slice(&raw))
    };
    let slope = |i| (moved(i, STEP) - moved(i, -STEP)) / (2.0 * STEP);
    Tensor::from_slice(&(0..raw.len()).map(slope).collect::<Vec<_>>())
}

#[test]
fn raw_gradient_agrees_with_finite_differences() {
    for Case { label, family, raw, .. } in cases() {
        let weights = noise(&SHAPE, 3.0) - 0.5;
        let f = |raw: &Tensor| (family.apply(raw, &images(), &draw(family.as_ref())) * &weights).sum(Kind::Double);
        let leaf = Tensor::from_slice(&raw).set_requires_grad(true);
        let gradient = Tensor::run_backward(&[f(&leaf)], &[&leaf], false, false).remove(0);
        let want = finite_differences(&raw, &|raw| f(raw).double_value(&[]));
        assert!(
            want.abs().min().double_value(&[]) > 1e-5,
            "{label}: the test shows nothing"
        );
        assert!(difference(&gradient, &want) < 1e-7, "{label} {gradient} {want}");
    }
}

/// What the second-order path of the hypergradient needs: d/da <grad_theta L(theta, phi(x; a)), v>.
#[test]
fn mixed_second_derivative_agrees_with_finite_differences() {
    for Case { label, family, raw, .. } in cases() {
        let (theta, v) = (noise(&[3 * 9 * 7], 4.0) - 0.5, noise(&[3 * 9 * 7], 5.0));
        let along_v = |raw: &Tensor, keep: bool| {
            let theta = theta.copy().set_requires_grad(true);
            let logit = family
                .apply(raw, &images(), &draw(family.as_ref()))
                .flatten(1, -1)
                .matmul(&theta);
            let loss = logit.tanh().sum(Kind::Double);
            Tensor::run_backward(&[loss], &[theta], keep, keep).remove(0).dot(&v)
        };
        let leaf = Tensor::from_slice(&raw).set_requires_grad(true);
        let mixed = Tensor::run_backward(&[along_v(&leaf, true)], &[&leaf], false, false).remove(0);
        let want = finite_differences(&raw, &|raw| along_v(raw, false).double_value(&[]));
        assert!(
            want.abs().min().double_value(&[]) > 1e-5,
            "{label}: the test shows nothing"
        );
        assert!(difference(&mixed, &want) < 1e-7, "{label} {mixed} {want}");
    }
}

#[test]
fn hyperparameters_lead_back_to_raw() {
    for Case {
        label,
        family,
        raw,
        spec,
    } in cases()
    {
        assert_eq!(family.raw_len(), raw.len() as i64);
        assert_eq!(family.parameters(), spec.parameters(), "{label}");
        let named = |raw: &[f64]| -> BTreeMap<String, f64> { family.hyperparameters(raw).into_iter().collect() };
        let back = family.raw_from(&named(&raw)).unwrap();
        for (want, got) in raw.iter().zip(&back) {
            let turns = (want - got) / std::f64::consts::TAU;
            assert!(
                (turns - turns.round()).abs() < 1e-12,
                "{label}: {raw:?} became {back:?}"
            );
        }
    }
}

#[test]
fn angles_are_given_within_one_turn() {
    let angle = |raw: f64| RotationSpec::default().hyperparameters(&[raw])[0].1;
    assert_eq!(angle(0.0), 0.0);
    assert_eq!(angle(-1e-18), 0.0);
    assert!((angle(-0.5_f64.to_radians()) - 359.5).abs() < 1e-9);
    assert!((angle(725.0_f64.to_radians()) - 5.0).abs() < 1e-9);
}

#[test]
fn no_raw_value_leaves_the_domain() {
    for Case { label, family, raw, .. } in cases() {
        for size in [-1e4, -30.0, 30.0, 1e4] {
            let y = family.apply(
                &Tensor::from_slice(&vec![size; raw.len()]),
                &images(),
                &draw(family.as_ref()),
            );
            // NaN would fail both.
            assert!(
                y.min().double_value(&[]) >= 0.0 && y.max().double_value(&[]) <= 1.0,
                "{label} {size}"
            );
        }
    }
    let extreme = CutdiffSpec::default().hyperparameters(&[1e4, -1e4, 0.0]);
    assert!((extreme[0].1 - 0.25).abs() < 1e-12 && (extreme[1].1 - 0.25).abs() < 1e-12);
}

#[test]
fn bad_hyperparameters_are_refused_in_a_sentence() {
    let refusal = |family: &dyn Augmentation, hyper: &[(&str, f64)]| -> AugmentError {
        family
            .raw_from(&hyper.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect())
            .unwrap_err()
    };
    let cutdiff = CutdiffSpec::default();
    let cases = [
        (
            refusal(&cutdiff, &[("area", 0.3), ("aspect", 1.0), ("angle_deg", 0.0)]),
            "`area` of family cutdiff is 0.3, outside of its bounds: choose it above 0.01 and below 0.25",
        ),
        (
            refusal(&cutdiff, &[("area", 0.1), ("aspect", f64::NAN), ("angle_deg", 0.0)]),
            "`aspect` of family cutdiff is NaN, outside of its bounds: choose it above 0.25 and below 4",
        ),
        (
            refusal(&RotationSpec::default(), &[("angle_deg", 400.0)]),
            "`angle_deg` of family rotation is 400, outside of its bounds: choose it above -360 and below 360",
        ),
        (
            refusal(&RotationSpec::default(), &[]),
            "family rotation needs the hyperparameter `angle_deg`: add it",
        ),
        (
            refusal(&RotationSpec::default(), &[("angle", 3.0)]),
            "family rotation has no hyperparameter `angle`: use angle_deg",
        ),
    ];
    for (error, sentence) in cases {
        assert_eq!(error.to_string(), sentence);
    }
}
