//! Kendall's rank correlation, with ties.

use super::{MeasureError, average_ranks, check_pairs};

/// Kendall's tau-b, in [-1, 1]: (pairs in the same order - pairs in opposite order) / sqrt((pairs that differ in `a`)(pairs that
/// differ in `b`)), so that ties count for neither (Kendall 1945). Counted in n log n steps (Knight 1966).
///
/// # Errors
/// Lists of two lengths, fewer than two entries, NaN, and a list whose entries are all the same.
pub fn kendall(a: &[f64], b: &[f64]) -> Result<f64, MeasureError> {
    check_pairs(a, b)?;
    if a.len() < 2 {
        return Err(MeasureError::TooFew {
            found: a.len(),
            needed: 2,
        });
    }
    // Ranks have no -0, which would be equal to 0 and yet sorted before it.
    let (a, b) = (average_ranks(a), average_ranks(b));
    let mut both: Vec<(f64, f64)> = a.into_iter().zip(b.iter().copied()).collect();
    both.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let all = pairs(both.len());
    let tied_a: f64 = both.chunk_by(|x, y| x.0 == y.0).map(|tied| pairs(tied.len())).sum();
    let tied_both: f64 = both.chunk_by(|x, y| x == y).map(|tied| pairs(tied.len())).sum();
    let mut b: Vec<f64> = both.into_iter().map(|pair| pair.1).collect();
    let opposite = inversions(&mut b);
    let tied_b: f64 = b.chunk_by(|x, y| x == y).map(|tied| pairs(tied.len())).sum();
    if tied_a == all || tied_b == all {
        return Err(MeasureError::Constant);
    }
    let same = all - tied_a - tied_b + tied_both - opposite;
    Ok(((same - opposite) / ((all - tied_a) * (all - tied_b)).sqrt()).clamp(-1.0, 1.0))
}

/// Pairs of `n` entries.
fn pairs(n: usize) -> f64 {
    let n = n as f64;
    n * (n - 1.0) / 2.0
}

/// Sorts, and counts the pairs of which the later one was the smaller.
fn inversions(values: &mut [f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (0, 0);
    while l < left.len() && r < right.len() {
        if right[r] < left[l] {
            count += (left.len() - l) as f64;
            merged.push(right[r]);
            r += 1;
        } else {
            merged.push(left[l]);
            l += 1;
        }
    }
    merged.extend_from_slice(&left[l..]);
    merged.extend_from_slice(&right[r..]);
    values.copy_from_slice(&merged);
    count
}
