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
    let [t, a, v] = [&z.trn, &z.aug, &z.val].map(|z| z.detach().to_device_(Device::Cpu, Kind::Double, false, false));
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
    minimise(2.0 * tv - tt - vv, 2.0 * (av - tv + tt - ta), 2.0 * ta - tt - aa)
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
    MixtureEnergy { loss, share, explained }
}

/// The mean Euclidean distance over all pairs of a row of `a` [N, h] and a row of `b` [M, h].
fn mean_pair_distance(a: &Tensor, b: &Tensor) -> f64 {
    let total: f64 = a
        .split(BLOCK, 0)
        .iter()
        .map(|rows| Tensor::cdist(rows, b, 2.0, EXACT).sum(Kind::Double).double_value(&[]))
        .sum();
    total / (a.size()[0] * b.size()[0]) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::normalise;
    use crate::testing::noise;

    fn energy(trn: &Tensor, aug: &Tensor, val: &Tensor) -> MixtureEnergy {
        mixture_energy(&normalise(trn, aug, val))
    }

    #[test]
    fn exact_mixture_is_explained_in_full() {
        let (trn, aug) = (noise(&[12, 5], 1.0), noise(&[12, 5], 2.0) + 0.5);
        let fit = energy(&trn, &aug, &Tensor::cat(&[&trn, &trn, &trn, &aug], 0));
        assert!((fit.share - 0.25).abs() < 1e-9, "{fit:?}");
        assert!((fit.explained - 1.0).abs() < 1e-9, "{fit:?}");
        assert!(fit.loss < -1e-3, "{fit:?}");
    }

    #[test]
    fn loss_is_the_least_energy_on_a_grid() {
        let [t, a, v] = [
            noise(&[20, 3], 1.0),
            noise(&[15, 3], 2.0) + 1.0,
            noise(&[18, 3], 3.0) + 0.4,
        ];
        let fit = energy(&t, &a, &v);
        let n = normalise(&t, &a, &v);
        let d = |x: &Tensor, y: &Tensor| mean_pair_distance(x, y);
        let e = |p: f64| {
            let q = 1.0 - p;
            2.0 * (q * d(&n.trn, &n.val) + p * d(&n.aug, &n.val))
                - d(&n.val, &n.val)
                - (q * q * d(&n.trn, &n.trn) + 2.0 * p * q * d(&n.trn, &n.aug) + p * p * d(&n.aug, &n.aug))
        };
        let least = (0..=1000)
            .map(|i| e(f64::from(i) / 1000.0))
            .fold(f64::INFINITY, f64::min);
        assert!(fit.share > 0.0 && fit.share < 1.0);
        assert!((e(fit.share) - e(0.0) - fit.loss).abs() < 1e-12);
        assert!((1.0 - e(fit.share) / e(0.0) - fit.explained).abs() < 1e-12);
        assert!((0.0..1e-6).contains(&(least - e(fit.share))));
    }

    #[test]
    fn an_augmentation_that_changes_nothing_explains_nothing() {
        let (trn, val) = (noise(&[10, 4], 1.0), noise(&[10, 4], 3.0) + 1.0);
        let fit = energy(&trn, &trn, &val);
        assert!(fit.loss.abs() < 1e-9 && fit.explained < 1e-9, "{fit:?}");
    }

    #[test]
    fn without_a_shift_there_is_nothing_to_explain() {
        let (trn, aug) = (noise(&[10, 4], 1.0), noise(&[10, 4], 2.0));
        let fit = energy(&trn, &aug, &trn);
        assert!(fit.share < 1e-9 && fit.loss.abs() < 1e-9, "{fit:?}");
    }

    #[test]
    fn an_augmentation_on_the_far_side_is_left_out() {
        let at = |x: f64| noise(&[10, 4], x) * 0.1 + x;
        let fit = energy(&at(0.0), &at(-2.0), &at(1.0));
        assert_eq!(
            fit,
            MixtureEnergy {
                loss: 0.0,
                share: 0.0,
                explained: 0.0
            }
        );
    }

    #[test]
    fn blocks_leave_the_mean_distance_alone() {
        let (a, b) = (noise(&[2 * BLOCK + 7, 3], 1.0), noise(&[11, 3], 2.0));
        let whole = Tensor::cdist(&a, &b, 2.0, EXACT).mean(Kind::Double).double_value(&[]);
        assert!((mean_pair_distance(&a, &b) - whole).abs() < 1e-12);
        assert!((mean_pair_distance(&b, &a) - whole).abs() < 1e-12);
    }
}
