//! The mixture energy: how much of the shift from normal to unlabelled images an augmentation explains.
//!
//! It selects between trials (docs/selection.md), where the mean distance tunes within one.

use super::pairs::Pairs;

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
/// with d the mean Euclidean distance over all pairs, i = j included, after total distance normalisation.
pub fn mixture_energy(d: &Pairs) -> MixtureEnergy {
    minimise(
        2.0 * d.tv - d.tt - d.vv,
        2.0 * (d.av - d.tv + d.tt - d.ta),
        2.0 * d.ta - d.tt - d.aa,
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
    MixtureEnergy { loss, share, explained }
}

/// The mixture energy times how well the two shifts are aligned: loss * max(0, cosine), where `whitened_cosine` is -cosine.
/// In [loss, 0]; ours.
pub fn aligned_energy(mixture_energy: f64, whitened_cosine: f64) -> f64 {
    // -0 + 0 is 0: a total order would rank -0 before it.
    mixture_energy * (-whitened_cosine).max(0.0) + 0.0
}

/// Minus the explained share of the shift times how well the two shifts are aligned, where `whitened_cosine` is -cosine.
/// In [-1, 0]; ours.
pub fn aligned_explained(explained: f64, whitened_cosine: f64) -> f64 {
    // As above.
    -explained * (-whitened_cosine).max(0.0) + 0.0
}
