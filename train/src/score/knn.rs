//! Nearest neighbours among the training embeddings.

use tch::{Kind, Tensor};

use super::{ScoreError, by_row, unit_rows};

/// libtorch's number for distances from differences, never from the quicker but cancelling matrix product.
const EXACT: i64 = 2;

/// The mean Euclidean distance of an L2-normalised embedding to its k nearest L2-normalised training embeddings.
#[derive(Debug)]
pub struct Knn {
    k: i64,
    /// [N, h]
    trn: Tensor,
}

impl Knn {
    /// Keeps the training embeddings `z` [N, h], of any kind and device, in float64 on the CPU. Of fewer than `k`
    /// embeddings all count.
    pub fn fit(k: u32, z: &Tensor) -> Result<Self, ScoreError> {
        Ok(Self::of(k, unit_rows(z)?))
    }

    fn of(k: u32, trn: Tensor) -> Self {
        let k = i64::from(k).clamp(1, trn.size()[0]);
        Self { k, trn }
    }

    /// The scores in [0, 2] of embeddings `z` [M, h]: [M], float64, on the CPU.
    pub fn score(&self, z: &Tensor) -> Result<Tensor, ScoreError> {
        self.beyond(0, z)
    }

    /// The scores of the training embeddings z [N, h] themselves, none of which counts as its own neighbour; 0 of a
    /// single one.
    pub(super) fn score_training(&self, z: &Tensor) -> Result<Tensor, ScoreError> {
        self.beyond(1.min(self.trn.size()[0] - 1), z)
    }

    /// The mean distance to k neighbours after the `skipped` nearest ones, or to as many as there are.
    fn beyond(&self, skipped: i64, z: &Tensor) -> Result<Tensor, ScoreError> {
        let k = self.k.min(self.trn.size()[0] - skipped);
        by_row(z, |row| {
            let distances = Tensor::cdist(row, &self.trn, 2.0, EXACT);
            let (nearest, _) = distances.topk(skipped + k, 1, false, true);
            nearest
                .narrow(1, skipped, k)
                .mean_dim([1i64].as_slice(), false, Kind::Double)
        })
    }

    pub(super) fn tensors(&self) -> Vec<(&'static str, Tensor)> {
        vec![("trn", self.trn.shallow_clone())]
    }

    pub(super) fn from_tensors(
        k: u32,
        mut take: impl FnMut(&'static str) -> Result<Tensor, ScoreError>,
    ) -> Result<Self, ScoreError> {
        Ok(Self::of(k, take("trn")?))
    }
}
