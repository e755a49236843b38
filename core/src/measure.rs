//! Measures of results: how well scores rank labelled images, and how two paired lists compare.
//!
//! Labels enter augur here and nowhere before: to report on a choice that is already made.

mod bootstrap;
mod correlation;
mod histogram;
mod holm;
mod kendall;
mod ranking;
mod regret;
mod variance;
mod wilcoxon;

pub use bootstrap::{Estimate, Interval, Measures, quantile};
pub use correlation::{Correlation, Pairs};
pub use histogram::{BINS, Histogram};
pub use holm::holm;
pub use kendall::kendall;
pub use regret::Regret;
pub use variance::Components;
pub use wilcoxon::{Alternative, Wilcoxon, wilcoxon};

use ranking::Ranking;

/// Input for which a measure is not defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    #[error("the lists have {left} and {right} entries, but need the same number of them")]
    Lengths { left: usize, right: usize },
    #[error("the list has {found} entries, but this measure needs at least {needed}")]
    TooFew { found: usize, needed: usize },
    #[error("entry {index} is not a number")]
    NotANumber { index: usize },
    #[error("all labels are the same, but a ranking is measured on both normal and anomalous entries")]
    OneClass,
    #[error("all entries of a list are the same, so that it has no ranking to correlate")]
    Constant,
    #[error("the lists are equal, so that there is no difference to test")]
    NoDifference,
}

/// Area under the ROC curve, in [0, 1]: the probability that an anomaly (`true`) scores above a normal entry,
/// where a tie counts half. 0.5 is chance.
pub fn auroc(scores: &[f64], labels: &[bool]) -> Result<f64, MeasureError> {
    Ok(Ranking::new(scores, labels)?.auroc())
}

/// Average precision, in (0, 1], as scikit-learn defines it: the sum over distinct thresholds, from the highest,
/// of (R_n - R_(n-1)) P_n with precision P and recall R; no interpolation. The share of anomalies is chance.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Result<f64, MeasureError> {
    Ok(Ranking::new(scores, labels)?.average_precision())
}

/// The best F1 over all thresholds, in (0, 1]: the largest 2 P R / (P + R) where all that score at least a threshold are
/// called anomalies. Calling everything an anomaly already gives 2 s / (1 + s) for a share s of anomalies.
pub fn f1_max(scores: &[f64], labels: &[bool]) -> Result<f64, MeasureError> {
    Ok(Ranking::new(scores, labels)?.f1_max())
}

/// Spearman's rank correlation, in [-1, 1]: Pearson's correlation of the ranks, ties sharing their average rank.
pub fn spearman(a: &[f64], b: &[f64]) -> Result<f64, MeasureError> {
    check_pairs(a, b)?;
    if a.len() < 2 {
        return Err(MeasureError::TooFew {
            found: a.len(),
            needed: 2,
        });
    }
    // The mean of ranks is known beforehand, whatever the ties.
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let centred = |values| {
        average_ranks(values)
            .into_iter()
            .map(|rank| rank - mean)
            .collect::<Vec<_>>()
    };
    let (a, b) = (centred(a), centred(b));
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let (aa, bb) = (dot(&a, &a), dot(&b, &b));
    if aa == 0.0 || bb == 0.0 {
        return Err(MeasureError::Constant);
    }
    Ok((dot(&a, &b) / (aa * bb).sqrt()).clamp(-1.0, 1.0))
}

/// Ranks from 1 for the smallest, where equal values share the average of their ranks. No value may be NaN.
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&i, &j| values[i] == values[j]) {
        for &index in tied {
            ranks[index] = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        }
        before += tied.len();
    }
    ranks
}

fn check_pairs(a: &[f64], b: &[f64]) -> Result<(), MeasureError> {
    check_lengths(a.len(), b.len())?;
    check_numbers(a)?;
    check_numbers(b)
}

fn check_lengths(left: usize, right: usize) -> Result<(), MeasureError> {
    if left == right {
        Ok(())
    } else {
        Err(MeasureError::Lengths { left, right })
    }
}

fn check_numbers(values: &[f64]) -> Result<(), MeasureError> {
    values
        .iter()
        .position(|v| v.is_nan())
        .map_or(Ok(()), |index| Err(MeasureError::NotANumber { index }))
}

#[cfg(test)]
mod tests;
