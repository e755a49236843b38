//! Hyperparameters and the raw, unbounded numbers behind them.

/// The largest standard deviation, before the sigmoid, of a hyperparameter between two bounds: a little above the one
/// (1.8) whose values lie evenly over the range.
const MAX_SPREAD: f64 = 2.0;
/// The same for a factor, whose tanh is twice as steep.
const MAX_FACTOR_SPREAD: f64 = 1.0;
/// The largest standard deviation of an angle; there every direction is almost equally likely.
const MAX_ANGLE_SPREAD_DEG: f64 = 180.0;
/// How far made points stay away from the ends of a range, as a share of it: those lie at infinite raw numbers.
const INSET: f64 = 1e-6;

/// One hyperparameter of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name, with the unit where there is one.
    pub name: String,
    /// Its domain.
    pub bound: Bound,
}

impl Parameter {
    pub(super) fn new(name: &str, bound: Bound) -> Self {
        let name = name.to_owned();
        Self { name, bound }
    }

    /// The standard deviation of the raw number behind it, where that is drawn for each image: `NAME_spread`.
    pub fn spread(&self) -> Self {
        Self::new(&format!("{}_spread", self.name), self.bound.spread().0)
    }
}

/// The range of one hyperparameter over which a search spreads its points.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRange {
    /// The hyperparameter, its unit in the name.
    pub name: String,
    /// Lower end.
    pub low: f64,
    /// Upper end, above `low`.
    pub high: f64,
}

impl SearchRange {
    pub(super) fn of(parameter: Parameter) -> Self {
        let (low, high) = match parameter.bound {
            Bound::Angle => (0.0, 360.0),
            bound => bound.limits(),
        };
        let name = parameter.name;
        Self { name, low, high }
    }
}

/// How a raw number becomes a hyperparameter that can't leave its domain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// low + (high - low) sigmoid(raw), with low < high.
    Between {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// As `Between`, with 0 < low, for what is compared by ratios, such as an area: a search spreads its points evenly
    /// over the logarithm.
    Size {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// exp(ln(max) tanh(raw)): between 1/max and max, with max above 1.
    Factor {
        /// Upper end.
        max: f64,
    },
    /// The raw number is the angle in radians (periodic, so it needs no squashing); people read degrees.
    Angle,
    /// exp(raw): a part's weight in a composition, relative to the others.
    Weight,
}

impl Bound {
    pub(super) fn between([low, high]: [f64; 2]) -> Self {
        Self::Between { low, high }
    }

    pub(super) fn size([low, high]: [f64; 2]) -> Self {
        Self::Size { low, high }
    }

    /// The hyperparameter behind a raw number, in degrees in [0, 360) for angles.
    pub fn value(&self, raw: f64) -> f64 {
        match *self {
            Self::Between { low, high } | Self::Size { low, high } => low + (high - low) / (1.0 + libm::exp(-raw)),
            Self::Factor { max } => libm::exp(libm::log(max) * libm::tanh(raw)),
            Self::Angle => degrees(raw),
            Self::Weight => libm::exp(raw),
        }
    }

    /// The raw number behind a hyperparameter; none where that is outside of the limits.
    pub fn raw(&self, value: f64) -> Option<f64> {
        let (low, high) = self.limits();
        (low < value && value < high).then(|| match *self {
            Self::Between { .. } | Self::Size { .. } => libm::log((value - low) / (high - value)),
            Self::Factor { max } => libm::atanh(libm::log(value) / libm::log(max)),
            Self::Angle => value.to_radians(),
            Self::Weight => libm::log(value),
        })
    }

    /// The open range (low, high) in which a value must lie: the limits themselves lie at infinite raw numbers, or (of
    /// an angle) more than a turn away.
    pub fn limits(&self) -> (f64, f64) {
        match *self {
            Self::Between { low, high } | Self::Size { low, high } => (low, high),
            Self::Factor { max } => (1.0 / max, max),
            Self::Angle => (-360.0, 360.0),
            Self::Weight => (0.0, 1.0),
        }
    }

    /// The value at `place` in [0, 1] of the range over which a search spreads its points: the limits, of an angle one
    /// turn. Of a size and of a factor the logarithm is spread evenly. The same bits on every machine.
    pub fn at(&self, place: f64) -> f64 {
        let place = place.clamp(INSET, 1.0 - INSET);
        match *self {
            Self::Between { low, high } => low + (high - low) * place,
            Self::Size { low, high } => low * libm::exp(libm::log(high / low) * place),
            Self::Factor { max } => libm::exp(libm::log(max) * (2.0 * place - 1.0)),
            Self::Angle => 360.0 * place,
            Self::Weight => place,
        }
    }

    /// The bound of the standard deviation of a raw number that is drawn for each image, and the size of the
    /// deviation's unit in raw numbers: degrees for angles, otherwise the raw number itself.
    pub fn spread(&self) -> (Self, f64) {
        let up_to = |high| Self::Between { low: 0.0, high };
        match self {
            Self::Between { .. } | Self::Size { .. } | Self::Weight => (up_to(MAX_SPREAD), 1.0),
            Self::Factor { .. } => (up_to(MAX_FACTOR_SPREAD), 1.0),
            Self::Angle => (up_to(MAX_ANGLE_SPREAD_DEG), 1.0_f64.to_radians()),
        }
    }
}

/// An angle in radians as degrees in [0, 360).
fn degrees(radians: f64) -> f64 {
    let turned = radians.to_degrees().rem_euclid(360.0);
    // A tiny negative angle rounds up to a whole turn.
    if turned < 360.0 { turned } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [Bound; 5] = [
        Bound::Between { low: -0.5, high: 2.0 },
        Bound::Size { low: 0.002, high: 0.3 },
        Bound::Factor { max: 4.0 },
        Bound::Angle,
        Bound::Weight,
    ];

    #[test]
    fn values_of_a_search_lie_inside_the_limits_and_lead_back() {
        for bound in BOUNDS {
            let (low, high) = bound.limits();
            for place in [0.0, 0.1, 0.5, 0.9, 1.0] {
                let value = bound.at(place);
                assert!(low < value && value < high, "{bound:?} {place}: {value}");
                let back = bound.value(bound.raw(value).unwrap());
                assert!((back - value).abs() < 1e-9, "{bound:?}: {value} became {back}");
            }
            assert_eq!(
                [low, high, f64::NAN].map(|value| bound.raw(value)),
                [None; 3],
                "{bound:?}"
            );
        }
    }

    #[test]
    fn a_size_is_searched_by_its_logarithm() {
        assert!((Bound::Size { low: 0.01, high: 1.0 }.at(0.5) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_factor_is_searched_as_often_below_one_as_above() {
        assert!((Bound::Factor { max: 4.0 }.at(0.5) - 1.0).abs() < 1e-12);
        assert!((Bound::Factor { max: 4.0 }.at(0.25) - 0.5).abs() < 1e-12);
    }
}
