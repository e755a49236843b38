//! Anomaly scores: the higher, the more anomalous. GDE on embeddings, or the detector's own logit.

use tch::{Device, Kind, TchError, Tensor};

/// Norms below this are taken for it, so that a zero embedding stays zero.
const SMALLEST_NORM: f64 = 1e-12;

/// Embeddings that no Gaussian can be fitted to.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    #[error("scores need embeddings [N, h] with at least one row and column, not {0:?}: check the data set")]
    Shape(Vec<i64>),
    #[error("embeddings hold NaN or infinite values: training has diverged, lower its learning rate")]
    NotFinite,
    #[error("the eigenvalues of the embeddings' covariance could not be found")]
    Eigenvalues(#[source] TchError),
}

/// Gaussian density estimation: the squared Mahalanobis distance of an L2-normalised embedding to the training
/// embeddings, under their Ledoit-Wolf covariance (Ledoit and Wolf 2004, as scikit-learn defines it).
#[derive(Debug)]
pub struct Gde {
    /// [1, h]
    mean: Tensor,
    /// [h, r]: turns the covariance into the identity on the r-dimensional space that it spans.
    whitening: Tensor,
    shrinkage: f64,
}

impl Gde {
    /// Fits to the training embeddings `z` [N, h], of any kind and device; computes in float64 on the CPU.
    pub fn fit(z: &Tensor) -> Result<Self, ScoreError> {
        let z = unit_rows(z)?;
        let mean = z.mean_dim(0, true, None);
        let (covariance, shrinkage) = ledoit_wolf(&(z - &mean));
        Ok(Self {
            mean,
            whitening: whitening(&covariance)?,
            shrinkage,
        })
    }

    /// The weight in [0, 1] of the spherical part of the covariance.
    pub fn shrinkage(&self) -> f64 {
        self.shrinkage
    }

    /// The scores >= 0 of embeddings `z` [M, h]: [M], float64, on the CPU.
    pub fn score(&self, z: &Tensor) -> Result<Tensor, ScoreError> {
        let whitened = (unit_rows(z)? - &self.mean).matmul(&self.whitening);
        Ok(whitened.square().sum_dim_intlist(1, false, Kind::Double))
    }
}

/// The detector's logits ([M] or [M, 1]) as scores: [M], float64, on the CPU.
pub fn logit(logits: &Tensor) -> Tensor {
    logits
        .detach()
        .to_device_(Device::Cpu, Kind::Double, false, false)
        .view([-1])
}

/// The rows of `z` [N, h] scaled to length 1, in float64 on the CPU, without a gradient.
fn unit_rows(z: &Tensor) -> Result<Tensor, ScoreError> {
    let shape = z.size();
    if shape.len() != 2 || shape.contains(&0) {
        return Err(ScoreError::Shape(shape));
    }
    let z = z.detach().to_device_(Device::Cpu, Kind::Double, false, false);
    if z.isfinite().all().int64_value(&[]) == 0 {
        return Err(ScoreError::NotFinite);
    }
    let norms = z.norm_scalaropt_dim(2, 1, true).clamp_min(SMALLEST_NORM);
    Ok(z / norms)
}

/// The Ledoit-Wolf covariance [h, h] of centred rows `x` [N, h], and its shrinkage.
///
/// With C the covariance X'X / N, mu its mean eigenvalue and ||A||^2 the sum of squares:
/// (1 - shrinkage) C + shrinkage mu I, where shrinkage = min(beta, delta) / delta,
/// delta = ||C - mu I||^2 and beta = (sum over rows ||x||^4 / N - ||C||^2) / N.
fn ledoit_wolf(x: &Tensor) -> (Tensor, f64) {
    let (n, h) = x.size2().expect("rows [N, h]");
    let sample = x.tr().matmul(x) / n as f64;
    let mu = sample.trace().double_value(&[]) / h as f64;
    let squares = sample.square().sum(Kind::Double).double_value(&[]);
    let fourth = x
        .square()
        .sum_dim_intlist(1, false, Kind::Double)
        .square()
        .sum(Kind::Double)
        .double_value(&[]);
    let delta = squares - h as f64 * mu * mu;
    let beta = (fourth / n as f64 - squares) / n as f64;
    // One dimension has no shape to shrink, and embeddings that are all equal have no covariance at all.
    let shrinkage = if h == 1 || delta <= 0.0 {
        0.0
    } else {
        (beta / delta).clamp(0.0, 1.0)
    };
    let sphere = Tensor::eye(h, (Kind::Double, Device::Cpu)) * (shrinkage * mu);
    (sample * (1.0 - shrinkage) + sphere, shrinkage)
}

/// W [h, r] with W W' the (pseudo-)inverse of the covariance; directions without variance are left out, as in
/// scikit-learn's precision matrix.
fn whitening(covariance: &Tensor) -> Result<Tensor, ScoreError> {
    let (values, vectors) = covariance.f_linalg_eigh("L").map_err(ScoreError::Eigenvalues)?;
    let largest = values.abs().max().double_value(&[]);
    let spanned = values
        .gt(largest * f64::EPSILON * values.size()[0] as f64)
        .nonzero()
        .view([-1]);
    Ok(vectors.index_select(1, &spanned) / values.index_select(0, &spanned).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{difference, noise};

    fn scores(trn: &Tensor, z: &Tensor) -> Tensor {
        Gde::fit(trn).unwrap().score(z).unwrap()
    }

    #[test]
    fn training_scores_average_to_the_dimension_without_shrinkage() {
        // One dimension is not shrunk; its L2-normalised values are signs.
        let trn = noise(&[40, 1], 1.0) - 0.4;
        assert_eq!(Gde::fit(&trn).unwrap().shrinkage(), 0.0);
        assert!((scores(&trn, &trn).mean(Kind::Double).double_value(&[]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn whitening_inverts_the_covariance() {
        let rows = noise(&[30, 5], 1.0);
        let (covariance, shrinkage) = ledoit_wolf(&(&rows - rows.mean_dim(0, true, None)));
        assert!(shrinkage > 0.0 && shrinkage < 1.0);
        let w = whitening(&covariance).unwrap();
        assert!(
            difference(
                &w.matmul(&w.tr()).matmul(&covariance),
                &Tensor::eye(5, (Kind::Double, Device::Cpu))
            ) < 1e-9
        );
    }

    #[test]
    fn length_and_orientation_of_embeddings_do_not_matter() {
        let (trn, z) = (noise(&[30, 5], 1.0), noise(&[8, 5], 2.0));
        let (turn, _) = Tensor::linalg_qr(&noise(&[5, 5], 3.0), "reduced");
        let want = scores(&trn, &z);
        assert!(difference(&scores(&(&trn * 7.0), &(&z * 0.1)), &want) < 1e-9);
        assert!(difference(&scores(&trn.matmul(&turn), &z.matmul(&turn)), &want) < 1e-9);
    }

    #[test]
    fn a_stranger_scores_highest() {
        let trn = noise(&[50, 6], 1.0) * 0.1 + 1.0;
        let z = Tensor::cat(&[&(noise(&[9, 6], 2.0) * 0.1 + 1.0), &noise(&[1, 6], 4.0)], 0);
        assert_eq!(scores(&trn, &z).argmax(None, false).int64_value(&[]), 9);
    }

    #[test]
    fn degenerate_embeddings_still_get_finite_scores() {
        let constant = noise(&[1, 4], 1.0).expand([10, 4], false);
        let dead = noise(&[10, 4], 1.0) * Tensor::from_slice(&[1.0, 0.0, 1.0, 0.0]);
        for trn in [
            constant,
            dead,
            noise(&[3, 20], 1.0),
            noise(&[1, 4], 1.0),
            noise(&[10, 4], 1.0) * 0.0,
        ] {
            let z = noise(&[6, trn.size()[1]], 2.0);
            assert!(scores(&trn, &z).isfinite().all().int64_value(&[]) == 1, "{trn}");
        }
    }

    #[test]
    fn embeddings_without_a_gaussian_are_refused() {
        assert!(matches!(Gde::fit(&noise(&[0, 4], 1.0)), Err(ScoreError::Shape(shape)) if shape == [0, 4]));
        assert!(matches!(
            Gde::fit(&(noise(&[5, 4], 1.0) / 0.0)),
            Err(ScoreError::NotFinite)
        ));
    }

    #[test]
    fn logits_are_scores_in_order() {
        let logits = noise(&[5, 1], 1.0).to_kind(Kind::Float);
        assert_eq!(logit(&logits), logits.to_kind(Kind::Double).view([-1]));
    }
}
