//! The debiased Sinkhorn divergence (Feydy et al. 2019) by Sinkhorn's iterations (Cuturi 2013) on logarithms.

use tch::{Tensor, no_grad};

use super::{Normalised, pair_distances};

/// The strength of the entropy, in units of the normalised embeddings' distances, of which the root mean square
/// distance to the mean is 1.
const EPSILON: f64 = 0.1;
/// Pairs of updates between two sets, and updates within one: fixed numbers, so that nothing waits for the device. Sums of
/// plans were seen to be exact to 1e-6 by then, except between sets that are all but equal, where it matters less.
const ITERATIONS: usize = 100;
const SELF_ITERATIONS: usize = 30;
/// How far an update goes past what would make the sums exact (Thibault et al. 2021): more than 1 is several times quicker.
const RELAXATION: f64 = 1.5;

/// OT(X, Y) - OT(X, X)/2 - OT(Y, Y)/2 for X = cat(Z^_trn, Z^_aug) and Y = Z^_val, a scalar: 0 for equal sets.
///
/// OT(X, Y) = min over P of <P, C> + epsilon KL(P | 1/(NM)), with C the Euclidean distances and P >= 0 whose rows sum to
/// 1/N and columns to 1/M.
pub(super) fn sinkhorn(z: &Normalised) -> Tensor {
    let x = Tensor::cat(&[&z.trn, &z.aug], 0);
    let within = |x: &Tensor| transport(&pair_distances(x, x), self_potentials);
    let between = transport(&pair_distances(&x, &z.val), potentials);
    between - (within(&x) + within(&z.val)) / 2.0
}

/// OT from the dual potentials f [N, 1] and g [1, M] of the distances C [N, M]: mean f + mean g. By the envelope theorem its
/// derivative by C is the plan P, so nothing is differentiated through the iterations.
fn transport(cost: &Tensor, potentials: fn(&Tensor) -> (Tensor, Tensor)) -> Tensor {
    let constant = cost.detach();
    let (value, plan) = no_grad(|| {
        let (f, g) = potentials(&(&constant / EPSILON));
        let plan = (&f + &g - &constant / EPSILON).exp() / constant.numel() as f64;
        ((f.mean(None) + g.mean(None)) * EPSILON, plan)
    });
    value + (plan * (cost - constant)).sum(None)
}

/// f and g in units of epsilon, by over-relaxed updates: f = -log mean_j exp(g_j - C_ij) makes the sums of rows exact, g
/// likewise those of columns.
fn potentials(cost: &Tensor) -> (Tensor, Tensor) {
    let mut f = Tensor::zeros([cost.size()[0], 1], (cost.kind(), cost.device()));
    let mut g = Tensor::zeros([1, cost.size()[1]], (cost.kind(), cost.device()));
    for _ in 0..ITERATIONS {
        f = f.lerp(&soft_minimum(&(cost - &g), 1), RELAXATION);
        g = g.lerp(&soft_minimum(&(cost - &f), 0), RELAXATION);
    }
    (f, g)
}

/// Between a set and itself f = g, found by averages of an update with what was before it: alternation would creep.
fn self_potentials(cost: &Tensor) -> (Tensor, Tensor) {
    let mut f = Tensor::zeros([cost.size()[0], 1], (cost.kind(), cost.device()));
    for _ in 0..SELF_ITERATIONS {
        f = (soft_minimum(&(cost - f.tr()), 1) + f) / 2.0;
    }
    let g = f.tr();
    (f, g)
}

/// -log mean exp(-cost) along a dimension, which is kept.
fn soft_minimum(cost: &Tensor, dim: i64) -> Tensor {
    let count = cost.size()[dim as usize] as f64;
    count.ln() - (-cost).logsumexp([dim].as_slice(), true)
}
