//! Total distance normalisation and the mean distance.

use super::*;
use crate::testing::{difference, noise};

fn groups() -> [Tensor; 3] {
    [noise(&[9, 4], 1.0), noise(&[7, 4], 2.0), noise(&[5, 4], 3.0)]
}

fn loss_of(z: &[Tensor; 3]) -> f64 {
    mean_distance(&z[0], &z[1], &z[2]).double_value(&[])
}

#[test]
fn total_distance_is_one_after_normalisation() {
    let z = groups();
    let n = normalise(&z[0], &z[1], &z[2]);
    let all = Tensor::cat(&[&n.trn, &n.aug, &n.val], 0);
    assert!((all.norm().double_value(&[]).powi(2) / 21.0 - 1.0).abs() < 1e-12);
    assert!(
        difference(
            &all.mean_dim(0, false, None),
            &Tensor::zeros([4], (all.kind(), all.device()))
        ) < 1e-12
    );
}

#[test]
fn shift_and_scale_of_the_embedding_do_not_matter() {
    let moved = groups().map(|z| z * 37.0 - 4.0);
    assert!((loss_of(&groups()) - loss_of(&moved)).abs() < 1e-9);
}

#[test]
fn two_tight_aligned_groups_give_one() {
    let (normal, anomalous) = (noise(&[1, 4], 1.0), noise(&[1, 4], 2.0));
    let val = Tensor::cat(&[normal.expand([6, 4], false), anomalous.expand([6, 4], false)], 0);
    let z = [normal.expand([5, 4], false), anomalous.expand([5, 4], false), val];
    assert!((loss_of(&z) - 1.0).abs() < 1e-12);
    let far = noise(&[1, 4], 9.0).expand([5, 4], false);
    assert!(loss_of(&[z[0].copy(), far, z[2].copy()]) > 1.05);
}

/// Every validation embedding lies on the mean of the training embeddings; then all embeddings are equal.
#[test]
fn gradients_stay_finite_at_distance_zero() {
    let point = noise(&[1, 4], 1.0);
    let at = |n: i64| point.expand([n, 4], false).copy();
    for z in [[at(3), noise(&[4, 4], 2.0), at(5)], [at(3), at(4), at(5)]] {
        let z = z.map(|z| z.set_requires_grad(true));
        let loss = mean_distance(&z[0], &z[1], &z[2]);
        for gradient in Tensor::run_backward(&[loss], &z, false, false) {
            assert!(gradient.isfinite().all().int64_value(&[]) == 1, "{gradient}");
        }
    }
}

#[test]
fn scale_shows_a_collapse() {
    let zero = |n: i64| noise(&[n, 4], 1.0) * 0.0;
    let collapsed = normalise(&zero(3), &zero(4), &zero(5));
    assert_eq!(collapsed.scale.double_value(&[]), 0.0);
    assert_eq!(collapsed.mean_distance().double_value(&[]), 0.0);
    let [trn, aug, val] = groups();
    let (scale, tenfold) = (
        normalise(&trn, &aug, &val).scale,
        normalise(&(trn * 10), &(aug * 10), &(val * 10)).scale,
    );
    assert!(difference(&(scale * 10), &tenfold) < 1e-12);
}
