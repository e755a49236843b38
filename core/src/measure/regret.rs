//! What a choice cost: the chosen one against the best, and against a pick at random.

use super::{MeasureError, check_numbers};
use serde::Serialize;

/// A choice among candidates, by a value of which more is better, such as AUROC.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Regret {
    /// The value of the chosen one.
    pub selected: f64,
    /// The highest: what an oracle that sees the values would choose.
    pub oracle: f64,
    /// The mean: what a pick at random, each with the same probability, is expected to have.
    pub mean: f64,
    /// The standard deviation of that pick.
    pub deviation: f64,
    /// The probability that the chosen one is better than another candidate picked at random, where a tie counts half:
    /// 0.5 is chance. None of a single candidate.
    pub wins: Option<f64>,
}

impl Regret {
    /// The regret of choosing the entry at `selected` among `values`.
    ///
    /// # Errors
    /// No entry there, and NaN.
    pub fn of(values: &[f64], selected: usize) -> Result<Self, MeasureError> {
        check_numbers(values)?;
        let chosen = *values.get(selected).ok_or(MeasureError::TooFew {
            found: values.len(),
            needed: selected + 1,
        })?;
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let beaten = |value: &f64| match *value {
            value if chosen > value => 1.0,
            value if chosen == value => 0.5,
            _ => 0.0,
        };
        // It ties with itself.
        let beaten = values.iter().map(beaten).sum::<f64>() - 0.5;
        Ok(Self {
            selected: chosen,
            oracle: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            mean,
            deviation: variance.sqrt(),
            wins: (values.len() > 1).then(|| beaten / (n - 1.0)),
        })
    }

    /// oracle - selected, at least 0.
    pub fn regret(&self) -> f64 {
        self.oracle - self.selected
    }

    /// selected - mean: what the choice gains over a pick at random; negative where it loses.
    pub fn gain(&self) -> f64 {
        self.selected - self.mean
    }
}
