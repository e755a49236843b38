//! Anomaly scores: the higher, the more anomalous. From embeddings (GDE, nearest neighbours), or the detector's own logit.

mod gde;
mod knn;
#[cfg(test)]
mod tests;

use augur_core::spec::Score;
use tch::{Device, Kind, TchError, Tensor};

pub use gde::Gde;
pub use knn::Knn;

use crate::detector::Output;

/// Norms below this are taken for it, so that a zero embedding stays zero.
const SMALLEST_NORM: f64 = 1e-12;

/// Embeddings that can't be scored, or a scorer that isn't whole.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    #[error("scores need embeddings [N, h] with at least one row and column, not {0:?}: check the data set")]
    Shape(Vec<i64>),
    #[error("embeddings hold NaN or infinite values: training has diverged, lower its learning rate")]
    NotFinite,
    #[error("the eigenvalues of the embeddings' covariance could not be found")]
    Eigenvalues(#[source] TchError),
    #[error("the saved scorer has no tensor {0}: it was saved for another score, or not as a whole")]
    Missing(&'static str),
}

/// A score with all that it learnt from the training images. An image's score doesn't depend on which others are scored
/// with it, to the last bit.
#[derive(Debug)]
pub enum Scorer {
    Gde(Gde),
    Logit,
    Knn(Knn),
}

impl Scorer {
    /// From the training embeddings `z_trn` [N, h], of any kind and device.
    ///
    /// # Errors
    /// No embeddings, or such that aren't finite.
    pub fn fit(spec: Score, z_trn: &Tensor) -> Result<Self, ScoreError> {
        Ok(match spec {
            Score::Gde => Self::Gde(Gde::fit(z_trn)?),
            Score::Logit => Self::Logit,
            Score::Knn(knn) => Self::Knn(Knn::fit(knn.k, z_trn)?),
        })
    }

    /// The scores [M], float64, on the CPU, of what the detector says of M images.
    ///
    /// # Errors
    /// As [`Scorer::fit`].
    pub fn score(&self, output: &Output) -> Result<Tensor, ScoreError> {
        match self {
            Self::Gde(gde) => gde.score(&output.z),
            Self::Logit => Ok(logit(&output.logit)),
            Self::Knn(knn) => knn.score(&output.z),
        }
    }

    /// The scores of the very images that it was fitted to, to hold those of new images against: an image would be its
    /// own nearest neighbour, at distance 0, and is left out.
    ///
    /// # Errors
    /// As [`Scorer::fit`].
    pub fn score_training(&self, output: &Output) -> Result<Tensor, ScoreError> {
        match self {
            Self::Gde(_) | Self::Logit => self.score(output),
            Self::Knn(knn) => knn.score_training(&output.z),
        }
    }

    /// What it learnt, by name, to be saved; float64 on the CPU.
    pub fn tensors(&self) -> Vec<(&'static str, Tensor)> {
        match self {
            Self::Gde(gde) => gde.tensors(),
            Self::Logit => Vec::new(),
            Self::Knn(knn) => knn.tensors(),
        }
    }

    /// From what [`Scorer::tensors`] gave for the same `spec`, found by name: it scores the same, to the last bit.
    ///
    /// # Errors
    /// A tensor that is missing.
    pub fn from_tensors(spec: Score, find: impl Fn(&str) -> Option<Tensor>) -> Result<Self, ScoreError> {
        let take = |name| {
            let tensor = find(name).ok_or(ScoreError::Missing(name))?;
            Ok(on_cpu(&tensor))
        };
        Ok(match spec {
            Score::Gde => Self::Gde(Gde::from_tensors(take)?),
            Score::Logit => Self::Logit,
            Score::Knn(knn) => Self::Knn(Knn::from_tensors(knn.k, take)?),
        })
    }
}

/// The detector's logits ([M] or [M, 1]) as scores: [M], float64, on the CPU.
pub fn logit(logits: &Tensor) -> Tensor {
    on_cpu(logits).view([-1])
}

fn on_cpu(z: &Tensor) -> Tensor {
    z.detach().to_device_(Device::Cpu, Kind::Double, false, false)
}

/// The rows of `z` [N, h] scaled to length 1, in float64 on the CPU, without a gradient.
fn unit_rows(z: &Tensor) -> Result<Tensor, ScoreError> {
    let shape = z.size();
    if shape.len() != 2 || shape.contains(&0) {
        return Err(ScoreError::Shape(shape));
    }
    let z = on_cpu(z);
    if z.isfinite().all().int64_value(&[]) == 0 {
        return Err(ScoreError::NotFinite);
    }
    let norms = z.norm_scalaropt_dim(2, 1, true).clamp_min(SMALLEST_NORM);
    Ok(z / norms)
}

/// Scores the rows of `z` [M, h] one at a time, each scaled to length 1: [M]. A product of matrices would add up in another
/// order for another number of rows.
fn by_row(z: &Tensor, score: impl Fn(&Tensor) -> Tensor) -> Result<Tensor, ScoreError> {
    if z.dim() != 2 || z.size()[0] == 0 {
        return Err(ScoreError::Shape(z.size()));
    }
    let z = on_cpu(z);
    let scores = z.split(1, 0).into_iter().map(|row| Ok(score(&unit_rows(&row)?)));
    let scores: Vec<Tensor> = scores.collect::<Result<_, ScoreError>>()?;
    Ok(Tensor::cat(&scores, 0))
}
