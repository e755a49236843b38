//! The unsupervised validation losses: total distance normalisation, and what is computed from it (docs/method.md,
//! "Validation loss"). All are differentiable in all embeddings.

mod mixture;
mod mmd;
mod sinkhorn;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_all;

use augur_core::spec::ValidationLoss;
use tch::Tensor;

/// libtorch's number for distances from differences, never from the quicker but cancelling matrix product.
const EXACT: i64 = 2;

/// Below this an embedding has no spread: it is then divided by this instead, so that nothing becomes NaN.
const SMALLEST_SCALE: f64 = 1e-12;

/// Embeddings after total distance normalisation: their squared distances to their common mean average 1.
#[derive(Debug)]
pub struct Normalised {
    /// Normal images, [N_trn, h].
    pub trn: Tensor,
    /// Augmented normal images, [N_aug, h].
    pub aug: Tensor,
    /// Unlabelled validation images, [N_val, h].
    pub val: Tensor,
    /// s, a scalar >= 0: the embeddings' root mean square distance to their mean, before the normalisation. Near 0
    /// the embedding has collapsed, and no loss computed from it means anything.
    pub scale: Tensor,
}

/// Total distance normalisation of three groups of embeddings, each [N, h] with at least one row.
///
/// With Z = cat(Z_trn, Z_aug, Z_val), N rows and mu its column mean:
/// s = ||Z - mu||_F / sqrt(N), z^ = (z - mu) / s. Gradients flow to all three groups, and stay finite when all
/// embeddings are equal.
pub fn normalise(trn: &Tensor, aug: &Tensor, val: &Tensor) -> Normalised {
    let sizes = [trn.size()[0], aug.size()[0], val.size()[0]];
    let z = Tensor::cat(&[trn, aug, val], 0);
    let rows = z.size()[0] as f64;
    let centred = &z - z.mean_dim(0, true, None);
    let scale = centred.norm() / rows.sqrt();
    let mut groups = (centred / scale.clamp_min(SMALLEST_SCALE))
        .split_with_sizes(sizes, 0)
        .into_iter();
    let mut next = || groups.next().expect("split gives one tensor a size");
    Normalised {
        trn: next(),
        aug: next(),
        val: next(),
        scale,
    }
}

/// L_val of three groups of embeddings, each [N, h]: a scalar. See [`Normalised::mean_distance`].
pub fn mean_distance(trn: &Tensor, aug: &Tensor, val: &Tensor) -> Tensor {
    normalise(trn, aug, val).mean_distance()
}

impl Normalised {
    /// The loss that tunes, a scalar; the lower, the better.
    pub fn loss(&self, which: ValidationLoss) -> Tensor {
        match which {
            ValidationLoss::MeanDistance => self.mean_distance(),
            ValidationLoss::Mmd => mmd::mmd(self),
            ValidationLoss::Sinkhorn => sinkhorn::sinkhorn(self),
            ValidationLoss::MixtureEnergy => mixture::mixture(self),
        }
    }

    /// L_val, a scalar: 1/2 * mean over z^ in Z^_val of (||z^ - mean(Z^_trn)|| + ||z^ - mean(Z^_aug)||).
    ///
    /// Two tight, well aligned groups give 1; an augmentation that matches nothing gives more.
    pub fn mean_distance(&self) -> Tensor {
        (distances(&self.val, &self.trn) + distances(&self.val, &self.aug)).mean(None) / 2.0
    }
}

/// The distance of each row of `z` [N, h] to the mean of `group` [M, h]: [N]. Its gradient at distance 0 is 0.
fn distances(z: &Tensor, group: &Tensor) -> Tensor {
    (z - group.mean_dim(0, true, None)).norm_scalaropt_dim(2, 1, false)
}

/// Euclidean distances between the rows of `a` [N, h] and `b` [M, h]: [N, M]. Their gradient at distance 0 is 0.
fn pair_distances(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::cdist(a, b, 2.0, EXACT)
}
