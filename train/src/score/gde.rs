//! Gaussian density estimation on embeddings.

use tch::{Device, Kind, Tensor};

use super::{ScoreError, by_row, unit_rows};

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
        by_row(z, |row| {
            let whitened = (row - &self.mean).matmul(&self.whitening);
            whitened.square().sum_dim_intlist(1, false, Kind::Double)
        })
    }

    pub(super) fn tensors(&self) -> Vec<(&'static str, Tensor)> {
        vec![
            ("mean", self.mean.shallow_clone()),
            ("whitening", self.whitening.shallow_clone()),
            ("shrinkage", Tensor::from(self.shrinkage)),
        ]
    }

    pub(super) fn from_tensors(
        mut take: impl FnMut(&'static str) -> Result<Tensor, ScoreError>,
    ) -> Result<Self, ScoreError> {
        Ok(Self {
            mean: take("mean")?,
            whitening: take("whitening")?,
            shrinkage: take("shrinkage")?.double_value(&[]),
        })
    }
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
#[path = "gde_tests.rs"]
mod tests;
