//! Maximum mean discrepancy (Gretton et al. 2012), the paper's ablation of the mean distance.

use tch::Tensor;

use super::{Normalised, SMALLEST_SCALE, pair_distances};

/// Squared maximum mean discrepancy between X = cat(Z^_trn, Z^_aug) and Y = Z^_val, a scalar >= 0:
///
/// mean k(x, x') + mean k(y, y') - 2 mean k(x, y),   k(x, y) = exp(-||x - y||^2 / (2 sigma^2))
///
/// over all pairs, x = x' included (the V-statistic, which is never negative). sigma is the median of the distances
/// over all pairs of different rows of cat(X, Y), the lower one of two; it counts as a constant.
pub(super) fn mmd(z: &Normalised) -> Tensor {
    mmd_at(z, &bandwidth(z))
}

/// The same for a given sigma.
pub(super) fn mmd_at(z: &Normalised, sigma: &Tensor) -> Tensor {
    let x = Tensor::cat(&[&z.trn, &z.aug], 0);
    let precision = (sigma.square() * 2.0).reciprocal();
    let kernel = |a: &Tensor, b: &Tensor| (-pair_distances(a, b).square() * &precision).exp().mean(None);
    kernel(&x, &x) + kernel(&z.val, &z.val) - kernel(&x, &z.val) * 2.0
}

/// The median heuristic.
pub(super) fn bandwidth(z: &Normalised) -> Tensor {
    let all = Tensor::cat(&[&z.trn, &z.aug, &z.val], 0).detach();
    all.pdist(2.0).median().clamp_min(SMALLEST_SCALE)
}
