//! How the cost of a step grows with one size while the others stay.

use anyhow::Result;
use serde::Serialize;

use crate::fit::exponent;
use crate::sample::Spread;
use crate::step::{Case, Programs, WIDTH_16, peak, prepare};

/// The exponents are fitted over so many of the largest values: at the small ones what a step costs whatever its size
/// counts.
pub const UPPER: usize = 3;

/// The case that every axis goes through.
pub const BASE: Case = Case {
    validation: 256,
    ..WIDTH_16
};

/// A size that is varied.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub name: &'static str,
    pub values: &'static [u32],
    /// Gives a case this size.
    pub set: fn(&mut Case, u32),
}

pub const AXES: [Axis; 4] = [
    Axis {
        name: "side, pixels",
        values: &[16, 32, 64, 128],
        set: |case, value| case.size_px = value,
    },
    Axis {
        name: "batch",
        values: &[16, 32, 64, 128, 256],
        set: |case, value| case.batch = value,
    },
    Axis {
        name: "width",
        values: &[8, 16, 32, 64],
        set: |case, value| case.width = value,
    },
    Axis {
        name: "validation images",
        values: &[64, 128, 256, 512, 1024],
        set: |case, value| case.validation = value,
    },
];

impl Axis {
    /// `base` with this size at `value`.
    pub fn case(&self, base: &Case, value: u32) -> Case {
        let mut case = Case {
            name: self.name,
            ..base.clone()
        };
        (self.set)(&mut case, value);
        case
    }
}

/// What a case costs.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    /// Seconds of a step.
    pub plain: Spread,
    pub tuning: Spread,
    /// Peak resident bytes above the weights and batches.
    pub bytes: u64,
}

/// One value of an axis.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    pub value: u32,
    pub cost: Option<Cost>,
    /// Why there is none: the largest points may want more memory than there is.
    pub fault: Option<String>,
}

/// All values of an axis.
#[derive(Debug, Clone, Serialize)]
pub struct Growth {
    pub axis: &'static str,
    pub points: Vec<Point>,
    /// The values over which the exponents were fitted.
    pub fitted_over: Vec<u32>,
    /// Of the seconds and bytes, as powers of the value.
    pub plain_exponent: Option<f64>,
    pub tuning_exponent: Option<f64>,
    pub bytes_exponent: Option<f64>,
}

impl Growth {
    /// With its exponents over the [`UPPER`] largest values that could be measured.
    pub fn new(axis: &'static str, points: Vec<Point>) -> Self {
        let measured: Vec<(u32, &Cost)> = points
            .iter()
            .filter_map(|p| Some((p.value, p.cost.as_ref()?)))
            .collect();
        let upper = &measured[measured.len().saturating_sub(UPPER)..];
        let fit = |of: &dyn Fn(&Cost) -> f64| {
            let points: Vec<(f64, f64)> = upper
                .iter()
                .map(|(value, cost)| (f64::from(*value), of(cost)))
                .collect();
            exponent(&points)
        };
        Self {
            axis,
            fitted_over: upper.iter().map(|(value, _)| *value).collect(),
            plain_exponent: fit(&|cost| cost.plain.median),
            tuning_exponent: fit(&|cost| cost.tuning.median),
            bytes_exponent: fit(&|cost| cost.bytes as f64),
            points,
        }
    }
}

/// Measures augur on a case: times in one fresh process, after a round that warms up, and memory in others.
pub fn measure(programs: &Programs, case: &Case, rounds: u32) -> Result<Cost> {
    let folder = tempfile::tempdir()?;
    prepare(programs, case, folder.path())?;
    let mut side = programs.side(folder.path(), true, &[])?;
    let mut seconds: [Vec<f64>; 2] = Default::default();
    for round in 0..=rounds {
        for (seconds, step) in seconds.iter_mut().zip(["plain", "tuning"]) {
            let total: f64 = side.ask(&format!("{step} {}", case.steps))?;
            if round > 0 {
                seconds.push(total / f64::from(case.steps));
            }
        }
    }
    drop(side);
    Ok(Cost {
        plain: Spread::of(&seconds[0]),
        tuning: Spread::of(&seconds[1]),
        bytes: peak(programs, folder.path(), true, &[])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: u32, seconds: f64, bytes: u64) -> Point {
        let cost = Cost {
            plain: Spread::of(&[seconds]),
            tuning: Spread::of(&[4.0 * seconds]),
            bytes,
        };
        Point {
            value,
            cost: Some(cost),
            fault: None,
        }
    }

    #[test]
    fn only_the_upper_points_that_were_measured_are_fitted() {
        let mut points = vec![
            point(8, 9.0, 9),
            point(16, 1.0, 10),
            point(32, 4.0, 20),
            point(64, 16.0, 40),
        ];
        points.push(Point {
            value: 128,
            cost: None,
            fault: Some("out of memory".to_owned()),
        });
        let growth = Growth::new("width", points);
        assert_eq!(growth.fitted_over, [16, 32, 64]);
        for (exponent, expected) in [
            (growth.plain_exponent, 2.0),
            (growth.tuning_exponent, 2.0),
            (growth.bytes_exponent, 1.0),
        ] {
            assert!((exponent.unwrap() - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn an_axis_changes_one_size_of_the_base() {
        let sizes = |case: &Case| [case.size_px, case.batch, case.width, case.validation];
        for (place, axis) in AXES.iter().enumerate() {
            assert!(
                axis.values.contains(&sizes(&BASE)[place]),
                "{} goes through the base",
                axis.name
            );
            let mut expected = sizes(&BASE);
            expected[place] = 7;
            assert_eq!(sizes(&axis.case(&BASE, 7)), expected);
        }
    }
}
