//! The mixture energy: how much of the shift from normal to unlabelled images an augmentation explains.
//!
//! It selects between trials (method, "Comparing families"), where the mean distance tunes within one.

use tch::{Device, Kind, Tensor};

use crate::loss::Normalised;

/// libtorch's number for distances from differences, never from the quicker but cancelling matrix product.
const EXACT: i64 = 2;
/// Rows of a block of distances, which bounds the memory that many embeddings take.
const BLOCK: i64 = 512;

/// The best mixture of normal and augmented embeddings to match the validation embeddings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixtureEnergy {
    /// E(p*) - E(0) <= 0, the selection criterion: lower is better.
    pub loss: f64,
    /// p* in [0, 1], an estimate of the share of anomalies.
    pub share: f64,
    /// 1 - E(p*) / E(0) in [0, 1], the explained part of the shift; 0 where there is none.
    pub explained: f64,
}

/// Minimises E(p), the squared energy distance between Z_val and the mixture (1 - p) Z_trn + p Z_aug, over p:
///
/// E(p) = 2[(1-p) d(t,v) + p d(a,v)] - d(v,v) - [(1-p)^2 d(t,t) + 2p(1-p) d(t,a) + p^2 d(a,a)]
///
/// with d the mean Euclidean distance over all pairs, i = j included. Computed in float64 on the CPU; no gradient.
/// `z.trn` and `z.aug` should be embeddings of normal images that were kept out of training.
pub fn mixture_energy(z: &Normalised) -> MixtureEnergy {
    let [t, a, v] = [&z.trn, &z.aug, &z.val].map(|z| {
        z.detach()
            .to_device_(Device::Cpu, Kind::Double, false, false)
    });
    let (tt, ta, aa) = (
        mean_pair_distance(&t, &t),
        mean_pair_distance(&t, &a),
        mean_pair_distance(&a, &a),
    );
    let (tv, av, vv) = (
        mean_pair_distance(&t, &v),
        mean_pair_distance(&a, &v),
        mean_pair_distance(&v, &v),
    );
    minimise(
        2.0 * tv - tt - vv,
        2.0 * (av - tv + tt - ta),
        2.0 * ta - tt - aa,
    )
}

/// The least value of E(p) = start + slope p + curvature p^2 on [0, 1].
///
/// The curvature is an energy distance, so at least 0 but for rounding.
fn minimise(start: f64, slope: f64, curvature: f64) -> MixtureEnergy {
    let share = if slope >= 0.0 {
        0.0
    } else if curvature <= 0.0 {
        1.0
    } else {
        (-slope / (2.0 * curvature)).min(1.0)
    };
    let loss = share * (slope + share * curvature);
    let explained = if start > 0.0 {
        (-loss / start).clamp(0.0, 1.0)
    } else {
        0.0
    };
    MixtureEnergy {
        loss,
        share,
        explained,
    }
}

/// The mean Euclidean distance over all pairs of a row of `a` [N, h] and a row of `b` [M, h].
fn mean_pair_distance(a: &Tensor, b: &Tensor) -> f64 {
    let total: f64 = a
        .split(BLOCK, 0)
        .iter()
        .map(|rows| {
            Tensor::cdist(rows, b, 2.0, EXACT)
                .sum(Kind::Double)
                .double_value(&[])
        })
        .sum();
    total / (a.size()[0] * b.size()[0]) as f64
}
