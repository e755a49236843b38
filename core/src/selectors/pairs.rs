//! Mean Euclidean distances between all pairs of rows of two groups.

use super::{Rows, vector::distance};

/// Rows of one group that meet rows of the other while they are in the cache.
const BLOCK: usize = 32;

/// d(x, y): the mean of ||x_i - y_j|| over all pairs, i = j included.
pub fn mean_distance(x: &Rows, y: &Rows) -> f64 {
    let mut total = 0.0;
    for first in (0..y.count()).step_by(BLOCK) {
        let block = first..(first + BLOCK).min(y.count());
        for row in x.iter() {
            total += block.clone().map(|j| distance(row, y.row(j))).sum::<f64>();
        }
    }
    total / (x.count() * y.count()) as f64
}

/// d(x, x), from one half of the pairs.
pub fn mean_distance_within(x: &Rows) -> f64 {
    let n = x.count();
    let mut total = 0.0;
    for first in (0..n).step_by(BLOCK) {
        for i in 0..(first + BLOCK).min(n) {
            total += (first.max(i + 1)..(first + BLOCK).min(n))
                .map(|j| distance(x.row(i), x.row(j)))
                .sum::<f64>();
        }
    }
    2.0 * total / (n * n) as f64
}

/// ||x_i - x_j|| for all i and j, row after row, [n * n].
pub fn matrix(x: &Rows) -> Vec<f64> {
    let n = x.count();
    let mut distances = vec![0.0; n * n];
    for first in (0..n).step_by(BLOCK) {
        for i in 0..n {
            for j in first.max(i + 1)..(first + BLOCK).min(n) {
                let d = distance(x.row(i), x.row(j));
                distances[i * n + j] = d;
                distances[j * n + i] = d;
            }
        }
    }
    distances
}

/// The mean distances between three groups: t, normal images kept out of training; a, the same images augmented;
/// v, the validation images.
#[derive(Clone, Copy, Debug)]
pub struct Pairs {
    pub tt: f64,
    pub ta: f64,
    pub aa: f64,
    pub tv: f64,
    pub av: f64,
    pub vv: f64,
}

impl Pairs {
    /// Of three groups of rows that are equally wide.
    pub fn of(t: &Rows, a: &Rows, v: &Rows) -> Self {
        Self {
            tt: mean_distance_within(t),
            ta: mean_distance(t, a),
            aa: mean_distance_within(a),
            tv: mean_distance(t, v),
            av: mean_distance(a, v),
            vv: mean_distance_within(v),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::noise;
    use super::*;

    #[test]
    fn blocks_and_halves_leave_the_mean_alone() {
        for n in [1, 5, BLOCK, 2 * BLOCK + 7] {
            let (x, y) = (noise(n, 3, 1), noise(11, 3, 2));
            let of = |x: &Rows, y: &Rows| {
                let pairs = x.iter().flat_map(|r| y.iter().map(move |s| distance(r, s)));
                pairs.sum::<f64>() / (x.count() * y.count()) as f64
            };
            assert!((mean_distance(&x, &y) - of(&x, &y)).abs() < 1e-12);
            assert!((mean_distance(&y, &x) - of(&x, &y)).abs() < 1e-12);
            assert!((mean_distance_within(&x) - of(&x, &x)).abs() < 1e-12);
            let mean = matrix(&x).iter().sum::<f64>() / (n * n) as f64;
            assert!((mean - of(&x, &x)).abs() < 1e-12);
        }
    }
}
