//! Augmentations: differentiable maps phi(x; a) with hyperparameters `a` that stay inside their bounds.
//!
//! A family is tuned in *raw*, unbounded parameters, and spoken of in hyperparameters by name, with their
//! unit in the name: `area` (fraction of the image), `aspect` (width over height), `angle_deg` (degrees).

mod cutdiff;
mod rotation;

use std::collections::BTreeMap;

use augur_core::spec::{CutdiffMode, FamilySpec};
use tch::{Device, Kind, Tensor};

pub use cutdiff::{CutDiff, PatchMode};
pub use rotation::Rotation;

/// What was drawn at random for one batch of B images.
///
/// The same draw serves L_trn and L_val of a step, so that both see the same augmented images.
#[derive(Debug, Default)]
pub struct Draw {
    /// Patch centres, [B, 2] as (x, y) in [0, 1]^2; only for families that need them.
    pub centers: Option<Tensor>,
}

/// A family of augmentations, differentiable in its raw parameters.
pub trait Augmentation: Send + Sync {
    /// The family's name, as written in a spec.
    fn name(&self) -> &'static str;

    /// The number k of raw parameters.
    fn raw_len(&self) -> i64;

    /// Whether [`Draw::centers`] must be given.
    fn needs_centers(&self) -> bool {
        false
    }

    /// phi(x; a): `raw` [k], `x` [B, C, H, W] in [0, 1]; gives [B, C, H, W] in [0, 1].
    ///
    /// Gradients flow to `raw`. It may be of another kind or on another device than `x`.
    ///
    /// # Panics
    /// If a shape is wrong, or centres are needed and missing: a fault of the caller, never of the data.
    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor;

    /// The hyperparameters that the raw parameters `raw` (k of them) stand for.
    fn hyperparameters(&self, raw: &[f64]) -> Vec<(&'static str, f64)>;

    /// The raw parameters of the hyperparameters `hyper`: the inverse of [`Self::hyperparameters`].
    fn raw_from(&self, hyper: &BTreeMap<String, f64>) -> Result<Vec<f64>, AugmentError>;
}

/// The family that a spec describes. The spec's bounds were checked when it was parsed.
pub fn from_spec(spec: &FamilySpec) -> Box<dyn Augmentation> {
    match spec {
        FamilySpec::Rotation(rotation) => Box::new(Rotation {
            padding: rotation.padding,
        }),
        FamilySpec::Cutdiff(cutdiff) => Box::new(CutDiff {
            area: cutdiff.area.into(),
            max_aspect: cutdiff.max_aspect,
            mode: match cutdiff.mode {
                CutdiffMode::Subtract => PatchMode::Subtract,
                CutdiffMode::Blend => PatchMode::Blend { fill: cutdiff.fill },
            },
            ..CutDiff::default()
        }),
    }
}

/// Hyperparameters that a family cannot take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AugmentError {
    #[error("family {family} needs the hyperparameter `{name}`: add it")]
    Missing { family: &'static str, name: &'static str },
    #[error("family {family} has no hyperparameter `{name}`: use {}", known.join(", "))]
    Unknown {
        family: &'static str,
        name: String,
        known: &'static [&'static str],
    },
    #[error("`{name}` of family {family} is {value}, outside of its bounds: choose it {bounds}")]
    OutOfBounds {
        family: &'static str,
        name: &'static str,
        value: f64,
        bounds: String,
    },
}

/// Looks hyperparameters up by name and holds them against their bounds, for one family.
struct Hyper<'a> {
    family: &'static str,
    values: &'a BTreeMap<String, f64>,
}

impl<'a> Hyper<'a> {
    /// Fails on a name in `values` that is not in `known`.
    fn new(
        family: &'static str,
        values: &'a BTreeMap<String, f64>,
        known: &'static [&'static str],
    ) -> Result<Self, AugmentError> {
        match values.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(AugmentError::Unknown {
                family,
                name: name.clone(),
                known,
            }),
            None => Ok(Self { family, values }),
        }
    }

    /// The value of `name`, strictly between `lo` and `hi`: the bounds themselves lie at infinite raw values.
    fn between(&self, name: &'static str, lo: f64, hi: f64) -> Result<f64, AugmentError> {
        let value = self.get(name)?;
        if lo < value && value < hi {
            return Ok(value);
        }
        let bounds = format!("above {lo} and below {hi}");
        Err(AugmentError::OutOfBounds {
            family: self.family,
            name,
            value,
            bounds,
        })
    }

    /// The value of `name` (degrees, within one turn either way) in radians.
    fn angle(&self, name: &'static str) -> Result<f64, AugmentError> {
        let value = self.get(name)?;
        if (-360.0..=360.0).contains(&value) {
            return Ok(value.to_radians());
        }
        let bounds = "from -360 to 360 degrees".to_owned();
        Err(AugmentError::OutOfBounds {
            family: self.family,
            name,
            value,
            bounds,
        })
    }

    fn get(&self, name: &'static str) -> Result<f64, AugmentError> {
        self.values.get(name).copied().ok_or(AugmentError::Missing {
            family: self.family,
            name,
        })
    }
}

/// An angle in radians as degrees in [0, 360).
fn degrees(radians: f64) -> f64 {
    let turned = radians.to_degrees().rem_euclid(360.0);
    // A tiny negative angle rounds up to a whole turn.
    if turned < 360.0 { turned } else { 0.0 }
}

/// The raw parameters as scalars of the kind and on the device of `x`.
fn scalars(raw: &Tensor, x: &Tensor) -> Vec<Tensor> {
    raw.to_device_(x.device(), x.kind(), false, false).unbind(0)
}

/// Pixel centres of a side of `n` pixels in [0, 1]: (i + 0.5) / n.
fn pixel_centers(n: i64, kind: Kind, device: Device) -> Tensor {
    (Tensor::arange(n, (kind, device)) + 0.5) / n as f64
}

#[cfg(test)]
mod tests;
