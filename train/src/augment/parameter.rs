//! From raw parameters to hyperparameters as tensors, and back from their names.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use augur_core::spec::{Bound, Parameter};
use tch::Tensor;

use super::AugmentError;

/// The hyperparameter behind `raw` in the unit that formulas use: radians for angles, otherwise as people read it.
pub fn bounded(bound: &Bound, raw: &Tensor) -> Tensor {
    match *bound {
        Bound::Between { low, high } | Bound::Size { low, high } => raw.sigmoid() * (high - low) + low,
        Bound::Factor { max } => (raw.tanh() * max.ln()).exp(),
        Bound::Angle => raw.shallow_clone(),
        Bound::Weight => raw.exp(),
    }
}

/// The raw numbers at the places `u` in (0, 1) of a search range: those of [`Bound::at`].
pub fn raw_at(bound: &Bound, u: &Tensor) -> Tensor {
    match bound {
        Bound::Between { .. } => u.logit(None),
        // The value is low (high / low)^u, its place in the range (value - low) / (high - low).
        Bound::Size { low, high } => {
            let ratio = high / low;
            (((u * ratio.ln()).expm1()) / (ratio - 1.0)).logit(None)
        }
        Bound::Factor { .. } => u.logit(None) * 0.5,
        Bound::Angle => u * TAU,
        Bound::Weight => u.log(),
    }
}

/// The hyperparameters `parameters` behind `raw` ([k] or [B, k]), each [1 or B, 1, 1, 1] in the kind and on the device
/// of `x`.
pub fn values(parameters: &[Parameter], raw: &Tensor, x: &Tensor) -> Vec<Tensor> {
    let raw = raw
        .to_device_(x.device(), x.kind(), false, false)
        .reshape([-1, parameters.len() as i64]);
    let columns = raw.unbind(1);
    let named = columns.iter().zip(parameters);
    named
        .map(|(raw, p)| bounded(&p.bound, raw).view([-1, 1, 1, 1]))
        .collect()
}

/// The raw numbers of the hyperparameters `values`, which must name each of `parameters` and nothing else.
pub fn raw_from(
    family: &'static str,
    parameters: &[Parameter],
    values: &BTreeMap<String, f64>,
) -> Result<Vec<f64>, AugmentError> {
    if let Some(name) = values.keys().find(|name| parameters.iter().all(|p| p.name != **name)) {
        return Err(AugmentError::Unknown {
            family,
            name: name.clone(),
            known: parameters.iter().map(|p| p.name.clone()).collect(),
        });
    }
    let raw = |parameter: &Parameter| {
        let name = parameter.name.clone();
        let Some(&value) = values.get(&name) else {
            return Err(AugmentError::Missing { family, name });
        };
        let (low, high) = parameter.bound.limits();
        parameter.bound.raw(value).ok_or(AugmentError::OutOfBounds {
            family,
            name,
            value,
            low,
            high,
        })
    };
    parameters.iter().map(raw).collect()
}
