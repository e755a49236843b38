//! The mixture energy as a loss that tunes. [`augur_core::selectors::mixture_energy`] has its definition, and selects by it.

use tch::Tensor;

use super::{Normalised, pair_distances};

/// Below this the augmented images lie where the normal ones do, and any share explains as much as any other.
const SMALLEST_CURVATURE: f64 = 1e-12;

/// E(p*) - E(0) = p* slope + p*^2 curvature, a scalar <= 0, where p* minimises it on [0, 1].
///
/// By the envelope theorem p* counts as a constant. Where p* is 0, the augmentation lying on the far side of the
/// anomalies, the gradient is 0 too: `a` then waits for the embedding to move.
pub(super) fn mixture(z: &Normalised) -> Tensor {
    let d = |a: &Tensor, b: &Tensor| pair_distances(a, b).mean(None);
    let (tt, ta) = (d(&z.trn, &z.trn), d(&z.trn, &z.aug));
    let slope = (d(&z.aug, &z.val) - d(&z.trn, &z.val) + &tt - &ta) * 2.0;
    let curvature = ta * 2.0 - tt - d(&z.aug, &z.aug);
    let share = -&slope / (curvature.clamp_min(SMALLEST_CURVATURE) * 2.0);
    let share = share.detach().clamp(0.0, 1.0);
    &share * (slope + &share * curvature)
}
