//! Single precision, in which trials compute.

use tch::{Kind, Tensor};

use super::cases::{Case, cases, draw, images};

#[test]
fn raw_parameters_may_be_more_precise_than_images() {
    for Case { family, raw, .. } in cases() {
        let leaf = Tensor::from_slice(&raw).set_requires_grad(true);
        let y = family.apply(&leaf, &images().to_kind(Kind::Float), &draw(family.as_ref()));
        assert_eq!(y.kind(), Kind::Float);
        let gradient = Tensor::run_backward(&[y.sum(Kind::Float)], &[&leaf], false, false).remove(0);
        assert_eq!(gradient.kind(), Kind::Double);
    }
}

const ROUNDING: f64 = 1e-6;

/// Saturated sigmoids and tanhs, masks of 0, images that are black or white: slopes are finite all the same.
#[test]
fn no_gradient_is_infinite_or_nan() {
    for Case { label, family, raw, .. } in cases() {
        for size in [-1e4, -88.0, -30.0, 0.0, 30.0, 88.0, 1e4] {
            for level in [None, Some(0.0), Some(1.0)] {
                let x = images().to_kind(Kind::Float);
                let x = level.map_or(x.shallow_clone(), |level| x.full_like(level));
                let leaf = Tensor::from_slice(&vec![size as f32; raw.len()]).set_requires_grad(true);
                let y = family.apply(&leaf, &x, &draw(family.as_ref()));
                assert!(
                    y.min().double_value(&[]) > -ROUNDING && y.max().double_value(&[]) < 1.0 + ROUNDING,
                    "{label} {size}"
                );
                let weighted = (y * images().to_kind(Kind::Float)).sum(Kind::Float);
                let gradient = Tensor::run_backward(&[weighted], &[&leaf], false, false).remove(0);
                assert!(
                    gradient.isfinite().all().int64_value(&[]) == 1,
                    "{label} {size} {level:?}: {gradient}"
                );
            }
        }
    }
}
