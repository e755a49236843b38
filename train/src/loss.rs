//! The unsupervised validation loss: total distance normalisation and the mean distance (ST-SSAD, arXiv 2306.12033).

use tch::Tensor;

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

#[cfg(test)]
mod tests {
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
}
