//! Rank correlation within groups and its interval: does what selects order the trials as their AUROC does?

use super::{
    MeasureError,
    bootstrap::{Estimate, RESAMPLES, interval, pick},
    kendall, spearman,
};
use rand::Rng;
use serde::Serialize;

/// Groups with fewer pairs than this give no interval: their draws with replacement are mostly ties.
const LEAST_PAIRS: usize = 4;

/// Two paired lists of one group, such as the validation losses and the AUROCs of its trials.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs {
    /// The first of each pair.
    pub a: Vec<f64>,
    /// The second.
    pub b: Vec<f64>,
}

/// Two rank correlations, each in [-1, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// Spearman's rho.
    pub spearman: Estimate,
    /// Kendall's tau-b.
    pub kendall: Estimate,
}

impl Correlation {
    /// The mean over `groups` of the correlation within each, without intervals. A group in which it is not defined (one pair,
    /// or all values of a list equal) is left out.
    ///
    /// # Errors
    /// Lists of two lengths, NaN, and groups of which none has a correlation.
    pub fn within(groups: &[Pairs]) -> Result<Self, MeasureError> {
        let [spearman, kendall] = mean(groups)?.map(|value| Estimate { value, interval: None });
        Ok(Self { spearman, kendall })
    }

    /// The same with intervals, which are the percentile bootstrap's: the pairs of each group are drawn anew with replacement
    /// 1000 times. None where a group has fewer than 4 pairs, or where fewer than half of the draws have a correlation.
    ///
    /// # Errors
    /// As above.
    pub fn with_intervals(groups: &[Pairs], rng: &mut impl Rng) -> Result<Self, MeasureError> {
        let mut found = Self::within(groups)?;
        let mut draws = [Vec::new(), Vec::new()];
        if groups.iter().all(|group| group.a.len() >= LEAST_PAIRS) {
            for _ in 0..RESAMPLES {
                let drawn: Vec<Pairs> = groups.iter().map(|group| group.draw(rng)).collect();
                if let Ok(values) = mean(&drawn) {
                    draws.iter_mut().zip(values).for_each(|(all, value)| all.push(value));
                }
            }
        }
        let ends = |values: Vec<f64>| (values.len() >= RESAMPLES / 2).then(|| interval(values));
        [found.spearman.interval, found.kendall.interval] = draws.map(ends);
        Ok(found)
    }

    /// The mean over tasks of their correlations, each with the interval of [`Estimate::mean`]; of a single task its own.
    ///
    /// # Errors
    /// No task.
    pub fn over(tasks: &[Self], rng: &mut impl Rng) -> Result<Self, MeasureError> {
        if let [only] = tasks {
            return Ok(*only);
        }
        let values = |of: fn(&Self) -> f64| tasks.iter().map(of).collect::<Vec<_>>();
        Ok(Self {
            spearman: Estimate::mean(&values(|of| of.spearman.value), rng)?,
            kendall: Estimate::mean(&values(|of| of.kendall.value), rng)?,
        })
    }
}

impl Pairs {
    fn draw(&self, rng: &mut impl Rng) -> Self {
        let every: Vec<usize> = (0..self.a.len()).collect();
        let drawn = every.iter().map(|_| pick(&every, rng));
        let (a, b) = drawn.map(|i| (self.a[i], self.b[i])).unzip();
        Self { a, b }
    }
}

/// The mean of both correlations over the groups that have one.
fn mean(groups: &[Pairs]) -> Result<[f64; 2], MeasureError> {
    let (mut sums, mut count) = ([0.0, 0.0], 0);
    let mut undefined = MeasureError::TooFew { found: 0, needed: 1 };
    for group in groups {
        match (spearman(&group.a, &group.b), kendall(&group.a, &group.b)) {
            (Ok(rho), Ok(tau)) => {
                sums = [sums[0] + rho, sums[1] + tau];
                count += 1;
            }
            (Err(error @ (MeasureError::TooFew { .. } | MeasureError::Constant)), _) => undefined = error,
            (Err(error), _) | (_, Err(error)) => return Err(error),
        }
    }
    match count {
        0 => Err(undefined),
        n => Ok(sums.map(|sum| sum / f64::from(n))),
    }
}
