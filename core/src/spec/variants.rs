//! Variants: other methods in the same sweep, held against the method itself on the same tasks and seeds.

use super::{BaselineSpec, DetectorSpec, FamilySpec, Hypergradient, Score, ValidationLoss};
use serde::{Deserialize, Serialize};

/// The name of the method itself, as it stands in leaderboards beside the variants.
pub const METHOD: &str = "st-ssad";

/// One further row of the leaderboard: the sweep's method with something else in its place, or a baseline. Its
/// candidates compete among themselves, never with the method's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantSpec {
    /// The variant's name: lower-case letters, digits and hyphens, at most 63; unique in the sweep.
    pub name: String,
    /// A method of another kind; then nothing but `score` and `detector` may stand beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineSpec>,
    /// Families in place of the sweep's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub families: Option<Vec<FamilySpec>>,
    /// In place of `tuning.hypergradient`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypergradient: Option<Hypergradient>,
    /// In place of `tuning.loss`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<ValidationLoss>,
    /// In place of `score`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// In place of `detector`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector: Option<DetectorSpec>,
}
