//! Wilcoxon's signed-rank test: does one of two paired lists tend to be larger? With the exact distribution.

use super::{MeasureError, average_ranks, check_pairs};

/// What the test would show about the differences a - b.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// They tend to be above 0.
    Greater,
    /// They tend to be below 0.
    Less,
    /// They are not symmetric about 0.
    TwoSided,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// As in SciPy: the sum of the ranks of positive differences; the smaller of the two sums when two-sided.
    pub statistic: f64,
    /// The probability, in (0, 1], of a statistic at least as extreme if every sign were a fair coin.
    pub p: f64,
}

/// The exact signed-rank test of paired `a` and `b`, as in SciPy with method "exact" and zero_method "wilcox".
///
/// Pairs without a difference are left out. Equal differences share their average rank, and the distribution is
/// that of the shared ranks (SciPy's of a permutation test). Takes time and memory of the order of n^3 and n^2.
pub fn wilcoxon(a: &[f64], b: &[f64], alternative: Alternative) -> Result<Wilcoxon, MeasureError> {
    check_pairs(a, b)?;
    if a.is_empty() {
        return Err(MeasureError::TooFew { found: 0, needed: 1 });
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).filter(|d| *d != 0.0).collect();
    if let Some(index) = differences.iter().position(|d| d.is_nan()) {
        return Err(MeasureError::NotANumber { index });
    }
    if differences.is_empty() {
        return Err(MeasureError::NoDifference);
    }
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    // Average ranks are multiples of a half: doubled they index the distribution.
    let ranks: Vec<usize> = average_ranks(&sizes).iter().map(|rank| (2.0 * rank) as usize).collect();
    let positive: usize = ranks
        .iter()
        .zip(&differences)
        .filter(|(_, d)| **d > 0.0)
        .map(|(rank, _)| rank)
        .sum();
    let total: usize = ranks.iter().sum();

    let distribution = distribution(&ranks);
    let greater: f64 = distribution[positive..].iter().sum();
    let less: f64 = distribution[..=positive].iter().sum();
    let (doubled, p) = match alternative {
        Alternative::Greater => (positive, greater),
        Alternative::Less => (positive, less),
        Alternative::TwoSided => (positive.min(total - positive), 2.0 * greater.min(less)),
    };
    Ok(Wilcoxon {
        statistic: doubled as f64 / 2.0,
        p: p.min(1.0),
    })
}

/// The probability of every sum of a random half of `ranks`, each taken or left by a fair coin.
fn distribution(ranks: &[usize]) -> Vec<f64> {
    let mut probability = vec![0.0; ranks.iter().sum::<usize>() + 1];
    probability[0] = 1.0;
    let mut reached = 0;
    for &rank in ranks {
        reached += rank;
        for sum in (0..=reached).rev() {
            let taken = if sum >= rank { probability[sum - rank] } else { 0.0 };
            probability[sum] = (probability[sum] + taken) / 2.0;
        }
    }
    probability
}
