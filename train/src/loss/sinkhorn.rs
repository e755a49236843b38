//! The debiased Sinkhorn divergence (Feydy et al. 2019) by Sinkhorn's iterations (Cuturi 2013) on logarithms.

use tch::{Tensor, no_grad};

use super::{Normalised, pair_distances};

/// The strength of the entropy, in units of the normalised embeddings' distances, of which the root mean square
/// distance to the mean is 1.
const EPSILON: f64 = 0.1;
/// Pairs of updates. A fixed number, so that nothing waits for the device.
const ITERATIONS: usize = 50;

/// OT(X, Y) - OT(X, X)/2 - OT(Y, Y)/2 for X = cat(Z^_trn, Z^_aug) and Y = Z^_val, a scalar: 0 for equal sets.
///
/// OT(X, Y) = min over P of <P, C> + epsilon KL(P | 1/(NM)), with C the Euclidean distances and P >= 0 whose rows sum to
/// 1/N and columns to 1/M.
pub(super) fn sinkhorn(z: &Normalised) -> Tensor {
    let x = Tensor::cat(&[&z.trn, &z.aug], 0);
    transport(&x, &z.val) - (transport(&x, &x) + transport(&z.val, &z.val)) / 2.0
}

/// OT(X, Y), from the dual potentials f [N, 1] and g [1, M]: mean f + mean g. By the envelope theorem its derivative by C
/// is the plan P, so nothing is differentiated through the iterations.
fn transport(x: &Tensor, y: &Tensor) -> Tensor {
    let cost = pair_distances(x, y);
    let constant = cost.detach();
    let (value, plan) = no_grad(|| {
        let (f, g) = potentials(&constant);
        let pairs = (constant.size()[0] * constant.size()[1]) as f64;
        let plan = ((&f + &g - &constant) / EPSILON).exp() / pairs;
        (f.mean(None) + g.mean(None), plan)
    });
    value + (plan * (cost - constant)).sum(None)
}

/// Each update makes the sums along one side exact: f = -epsilon log mean_j exp((g_j - C_ij) / epsilon), g likewise.
fn potentials(cost: &Tensor) -> (Tensor, Tensor) {
    let [rows, columns] = [cost.size()[0], cost.size()[1]];
    let scaled = cost / EPSILON;
    let mut g = Tensor::zeros([1, columns], (cost.kind(), cost.device()));
    let mut f = Tensor::zeros([rows, 1], (cost.kind(), cost.device()));
    let soft = |z: Tensor, dim: i64, count: i64| (count as f64).ln() - z.logsumexp([dim].as_slice(), true);
    for _ in 0..ITERATIONS {
        f = soft(&g - &scaled, 1, columns);
        g = soft(&f - &scaled, 0, rows);
    }
    (f * EPSILON, g * EPSILON)
}
