//! What a family can't take.

/// Hyperparameters or images that don't fit a family.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AugmentError {
    #[error("family {family} needs the hyperparameter `{name}`: add it")]
    Missing { family: &'static str, name: String },
    #[error("family {family} has no hyperparameter `{name}`: use {}", known.join(", "))]
    Unknown {
        family: &'static str,
        name: String,
        known: Vec<String>,
    },
    #[error("`{name}` of family {family} is {value}, outside of its bounds: choose it above {low} and below {high}")]
    OutOfBounds {
        family: &'static str,
        name: String,
        value: f64,
        low: f64,
        high: f64,
    },
    #[error("family {family} needs colour images, these have {channels} channel(s): use colour data or another family")]
    NotColour { family: &'static str, channels: i64 },
}
