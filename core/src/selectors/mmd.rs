//! The maximum mean discrepancy between the validation images and the two groups that training told apart.

use super::{Rows, pairs::matrix};

/// Rows of each group that are compared: the kernel of all pairs is held in memory.
const MOST: usize = 500;

/// The squared maximum mean discrepancy (Gretton et al. 2012, V-statistic) between Z_val and Z_trn + Z_aug, under the
/// Gaussian kernel exp(-||x - y||^2 / (2 m^2)) with m the median distance between two different rows of all groups.
/// In [0, 2]; lower is better. The paper's ablation "MMD" (arXiv 2306.12033), as a selector.
///
/// Of groups of more than 500 rows every k-th is taken.
pub fn mmd(normal: &Rows, augmented: &Rows, validation: &Rows) -> f64 {
    let reference = normal.thinned(MOST).followed_by(&augmented.thinned(MOST));
    let validation = validation.thinned(MOST);
    let (r, n) = (reference.count(), reference.count() + validation.count());
    let distances = matrix(&reference.followed_by(&validation));
    let median = median_of_pairs(&distances, n);
    if median <= 0.0 {
        return 0.0;
    }
    let kernel = |range_i: std::ops::Range<usize>, range_j: std::ops::Range<usize>| {
        let pairs = (range_i.len() * range_j.len()) as f64;
        let row = |i: usize| distances[i * n..(i + 1) * n][range_j.clone()].iter();
        let sum: f64 = range_i.flat_map(row).map(|d| (-0.5 * (d / median).powi(2)).exp()).sum();
        sum / pairs
    };
    (kernel(0..r, 0..r) + kernel(r..n, r..n) - 2.0 * kernel(0..r, r..n)).max(0.0)
}

/// The median of the n (n - 1) / 2 distances between two different rows; the lower one of two.
fn median_of_pairs(distances: &[f64], n: usize) -> f64 {
    let mut pairs: Vec<f64> = (0..n)
        .flat_map(|i| distances[i * n + i + 1..(i + 1) * n].iter().copied())
        .collect();
    if pairs.is_empty() {
        return 0.0;
    }
    let middle = (pairs.len() - 1) / 2;
    *pairs.select_nth_unstable_by(middle, f64::total_cmp).1
}
