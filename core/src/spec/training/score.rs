//! The anomaly score.

use serde::{Deserialize, Serialize};

/// The anomaly score of a validation image (docs/method.md, "After training"); higher is more anomalous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// Squared Mahalanobis distance to the L2-normalised training embeddings under a Ledoit-Wolf covariance.
    #[default]
    Gde,
    /// The detector's logit.
    Logit,
    /// Mean distance to the nearest of the L2-normalised training embeddings.
    Knn(KnnSpec),
}

/// Nearest neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnnSpec {
    /// How many of the training embeddings, from the nearest; all where there are fewer.
    pub k: u32,
}

impl Default for KnnSpec {
    fn default() -> Self {
        Self { k: 5 }
    }
}
