//! What is done with the hyperparameters of a family.

use serde::{Deserialize, Serialize};

/// What is done with the hyperparameters `a` of a family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One `a` for all images, tuned: the method.
    #[default]
    Tuned,
    /// One `a` for all images, never tuned.
    Fixed,
    /// A centre and a spread of every hyperparameter, both tuned; each image has an `a` of its own, drawn anew.
    Distribution,
    /// Each image has an `a` of its own, drawn uniformly over the search ranges at every step; nothing is tuned.
    Random,
}

impl Form {
    /// Whether hypergradient steps are made.
    pub fn is_tuned(self) -> bool {
        matches!(self, Self::Tuned | Self::Distribution)
    }
}
