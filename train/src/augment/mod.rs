//! Augmentations: differentiable maps phi(x; a) with hyperparameters `a` that stay inside their bounds.
//!
//! A family is tuned in *raw*, unbounded parameters, and spoken of in hyperparameters by name, with their
//! unit in the name: `area` (fraction of the image), `aspect` (width over height), `angle_deg` (degrees).
//! docs/families.md has the formulas.

mod blur;
mod colour;
mod compose;
mod cutdiff;
mod cutpaste;
mod distribution;
mod draw;
mod elastic;
mod error;
mod geometry;
mod noise;
mod parameter;
mod random;
mod rotation;
mod scar;
mod spec;

use std::collections::BTreeMap;

use augur_core::spec::Parameter;
use tch::Tensor;

pub use compose::Compose;
pub use distribution::Distribution;
pub use draw::{Draw, Needs};
pub use error::AugmentError;
use parameter::values;
pub use random::Random;
pub use spec::from_spec;

/// A family of augmentations, differentiable in its raw parameters.
pub trait Augmentation: Send + Sync {
    /// The family's name, as written in a spec.
    fn name(&self) -> &'static str;

    /// Its k hyperparameters, in the order of the raw parameters.
    fn parameters(&self) -> Vec<Parameter>;

    /// What the draws given to [`Self::apply`] must hold.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Whether it can be applied to images of so many channels.
    ///
    /// # Errors
    /// [`AugmentError::NotColour`] where it changes colours and there are none.
    fn accepts(&self, _channels: i64) -> Result<(), AugmentError> {
        Ok(())
    }

    /// phi(x; a): `x` [B, C, H, W] in [0, 1]; `raw` [k] for all images or [B, k] for each; gives [B, C, H, W] in [0, 1]
    /// up to rounding.
    ///
    /// Gradients flow to `raw`. It may be of another kind or on another device than `x`.
    ///
    /// # Panics
    /// If a shape is wrong, or a draw is needed and missing: a fault of the caller, never of the data.
    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor;

    /// The number k of raw parameters.
    fn raw_len(&self) -> i64 {
        self.parameters().len() as i64
    }

    /// The hyperparameters that the raw parameters `raw` (k of them) stand for.
    fn hyperparameters(&self, raw: &[f64]) -> Vec<(String, f64)> {
        let named = self.parameters().into_iter().zip(raw);
        named.map(|(p, raw)| (p.name, p.bound.value(*raw))).collect()
    }

    /// The raw parameters of the hyperparameters `hyper`: the inverse of [`Self::hyperparameters`].
    ///
    /// # Errors
    /// A hyperparameter is missing, unknown, or not inside its bounds.
    fn raw_from(&self, hyper: &BTreeMap<String, f64>) -> Result<Vec<f64>, AugmentError> {
        parameter::raw_from(self.name(), &self.parameters(), hyper)
    }
}

#[cfg(test)]
mod tests;
