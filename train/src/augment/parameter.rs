//! Hyperparameters and the raw, unbounded numbers behind them.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use tch::Tensor;

use super::AugmentError;

/// The largest standard deviation, before squashing, of a hyperparameter between two bounds: about the one (1.8) whose
/// values lie evenly over the range.
const MAX_SPREAD: f64 = 2.0;
/// The same for a factor, whose tanh is twice as steep.
const MAX_FACTOR_SPREAD: f64 = 1.0;
/// The largest standard deviation of an angle; there every direction is almost equally likely.
const MAX_ANGLE_SPREAD_DEG: f64 = 180.0;

/// One hyperparameter of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, with the unit where there is one.
    pub name: String,
    pub bound: Bound,
}

/// How a raw number becomes a hyperparameter that can't leave its domain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// lo + (hi - lo) sigmoid(raw), with lo < hi.
    Between { lo: f64, hi: f64 },
    /// exp(ln(max) tanh(raw)): between 1/max and max, with max above 1.
    Factor { max: f64 },
    /// The raw number is the angle in radians (periodic, so it needs no squashing); people read degrees.
    Angle,
    /// exp(raw): a part's weight in a composition, relative to the others.
    Weight,
}

impl Bound {
    /// The hyperparameter in the unit that formulas use (radians for angles).
    pub fn tensor(&self, raw: &Tensor) -> Tensor {
        match *self {
            Self::Between { lo, hi } => raw.sigmoid() * (hi - lo) + lo,
            Self::Factor { max } => (raw.tanh() * max.ln()).exp(),
            Self::Angle => raw.shallow_clone(),
            Self::Weight => raw.exp(),
        }
    }

    /// The hyperparameter as people read it (degrees in [0, 360) for angles).
    pub fn value(&self, raw: f64) -> f64 {
        match *self {
            Self::Between { lo, hi } => lo + (hi - lo) / (1.0 + (-raw).exp()),
            Self::Factor { max } => (max.ln() * raw.tanh()).exp(),
            Self::Angle => degrees(raw),
            Self::Weight => raw.exp(),
        }
    }

    /// The raw number behind `value`; none where it isn't inside the bounds, which lie at infinite raw numbers.
    fn raw(&self, value: f64) -> Option<f64> {
        let inside = match *self {
            Self::Between { lo, hi } => lo < value && value < hi,
            Self::Factor { max } => 1.0 / max < value && value < max,
            Self::Angle => (-360.0..=360.0).contains(&value),
            Self::Weight => 0.0 < value && value.is_finite(),
        };
        inside.then(|| match *self {
            Self::Between { lo, hi } => ((value - lo) / (hi - value)).ln(),
            Self::Factor { max } => (value.ln() / max.ln()).atanh(),
            Self::Angle => value.to_radians(),
            Self::Weight => value.ln(),
        })
    }

    /// The raw numbers of hyperparameters that lie evenly over their range, for places `u` in (0, 1): of a factor its
    /// logarithm lies evenly, of an angle one turn.
    pub fn raw_at(&self, u: &Tensor) -> Tensor {
        match self {
            Self::Between { .. } => u.logit(None),
            Self::Factor { .. } => u.logit(None) * 0.5,
            Self::Angle => u * TAU,
            Self::Weight => u.log(),
        }
    }

    /// The bound of the standard deviation of a raw number that is drawn for each image, and the size of the
    /// deviation's unit in raw numbers: degrees for angles, otherwise the raw number itself.
    pub fn spread(&self) -> (Self, f64) {
        let up_to = |hi| Self::Between { lo: 0.0, hi };
        match self {
            Self::Between { .. } | Self::Weight => (up_to(MAX_SPREAD), 1.0),
            Self::Factor { .. } => (up_to(MAX_FACTOR_SPREAD), 1.0),
            Self::Angle => (up_to(MAX_ANGLE_SPREAD_DEG), 1.0_f64.to_radians()),
        }
    }

    /// The bounds in words.
    fn words(&self) -> String {
        match *self {
            Self::Between { lo, hi } => format!("above {lo} and below {hi}"),
            Self::Factor { max } => format!("above {} and below {max}", 1.0 / max),
            Self::Angle => "from -360 to 360 degrees".to_owned(),
            Self::Weight => "above 0".to_owned(),
        }
    }
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
        parameter.bound.raw(value).ok_or_else(|| AugmentError::OutOfBounds {
            family,
            name,
            value,
            bounds: parameter.bound.words(),
        })
    };
    parameters.iter().map(raw).collect()
}

/// An angle in radians as degrees in [0, 360).
fn degrees(radians: f64) -> f64 {
    let turned = radians.to_degrees().rem_euclid(360.0);
    // A tiny negative angle rounds up to a whole turn.
    if turned < 360.0 { turned } else { 0.0 }
}
