//! Whether the validation images differ from normal ones at all: a permutation test of the energy distance.

use super::{Rows, pairs::matrix};
use rand::Rng;

/// Rows of each group that are compared: the distances of all pairs are held in memory.
const MOST: usize = 1000;
/// Permutations; the least p-value is 1 / (1 + this).
const PERMUTATIONS: u32 = 999;

/// The p-value, in [0.001, 1], of E(0) = 2 d(t,v) - d(t,t) - d(v,v), the squared energy distance between held-out
/// normal images and validation images (Székely and Rizzo 2004): the share of 999 random divisions of all these
/// images into groups of the same sizes, and the division at hand, that have at least as large a distance.
///
/// A large value says that nothing in the embedding tells the validation images from normal ones, so that no
/// augmentation can explain what does. Of groups of more than 1000 rows every k-th is taken. The permutations are
/// drawn from `rng`.
pub fn shift_p_value(normal: &Rows, validation: &Rows, rng: &mut impl Rng) -> f64 {
    let (normal, validation) = (normal.thinned(MOST), validation.thinned(MOST));
    let all = normal.followed_by(&validation);
    let test = Divisions {
        distances: &matrix(&all),
        n: all.count(),
        first: normal.count(),
    };
    let rows = test.row_sums();
    let mut order: Vec<usize> = (0..test.n).collect();
    let observed = test.energy(&order, &rows);
    // The same division can come again, with its sums in another order.
    let equal = 1e-12 * rows.iter().sum::<f64>() / (test.n * test.n) as f64;
    let mut at_least = 1;
    for _ in 0..PERMUTATIONS {
        shuffle_first(&mut order, test.first, rng);
        at_least += u32::from(test.energy(&order, &rows) >= observed - equal);
    }
    f64::from(at_least) / f64::from(PERMUTATIONS + 1)
}

/// All ways to make two groups of n rows.
struct Divisions<'a> {
    /// [n * n].
    distances: &'a [f64],
    n: usize,
    /// Rows of the first group.
    first: usize,
}

impl Divisions<'_> {
    fn row_sums(&self) -> Vec<f64> {
        self.distances
            .chunks_exact(self.n)
            .map(|row| row.iter().sum())
            .collect()
    }

    /// The squared energy distance between the `first` rows of `order` and the others. What lies between and within
    /// the others follows from the sums of the rows, so that only the first group's pairs are walked.
    fn energy(&self, order: &[usize], rows: &[f64]) -> f64 {
        let (m, k) = (self.first as f64, (self.n - self.first) as f64);
        let group = &order[..self.first];
        let within: f64 = group
            .iter()
            .map(|&i| {
                let row = &self.distances[i * self.n..(i + 1) * self.n];
                group.iter().map(|&j| row[j]).sum::<f64>()
            })
            .sum();
        let between = group.iter().map(|&i| rows[i]).sum::<f64>() - within;
        let others = rows.iter().sum::<f64>() - within - 2.0 * between;
        2.0 * between / (m * k) - within / (m * m) - others / (k * k)
    }
}

/// Makes the first `count` entries a random choice of all.
fn shuffle_first(order: &mut [usize], count: usize, rng: &mut impl Rng) {
    for i in 0..count.min(order.len()) {
        let j = rng.random_range(i as u64..order.len() as u64) as usize;
        order.swap(i, j);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        pairs::{mean_distance, mean_distance_within},
        testing::{moved, noise},
    };
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn p(normal: &Rows, validation: &Rows) -> f64 {
        shift_p_value(normal, validation, &mut ChaCha8Rng::seed_from_u64(7))
    }

    #[test]
    fn energy_of_a_division_is_that_of_its_groups() {
        let (x, y) = (noise(7, 3, 1), noise(11, 3, 2));
        let all = x.followed_by(&y);
        let test = Divisions {
            distances: &matrix(&all),
            n: 18,
            first: 7,
        };
        let order: Vec<usize> = (0..18).collect();
        let direct = 2.0 * mean_distance(&x, &y) - mean_distance_within(&x) - mean_distance_within(&y);
        assert!((test.energy(&order, &test.row_sums()) - direct).abs() < 1e-12);
    }

    #[test]
    fn a_shift_is_seen_and_the_same_draws_give_the_same_value() {
        let (normal, other) = (noise(40, 4, 1), moved(&noise(60, 4, 2), 0, 1.0));
        assert_eq!(p(&normal, &other), 0.001);
        assert_eq!(p(&normal, &other), p(&normal, &other));
        assert_eq!(p(&normal, &normal), 1.0);
    }

    /// Without a shift p is uniform: over 100 pairs of groups, as many fall below each level as chance would have it.
    #[test]
    fn without_a_shift_small_values_are_as_rare_as_they_say() {
        let values: Vec<f64> = (0..100)
            .map(|k| p(&noise(20, 3, 2 * k), &noise(30, 3, 2 * k + 1)))
            .collect();
        for level in [0.1, 0.5, 0.9] {
            let below = values.iter().filter(|p| **p <= level).count() as f64 / 100.0;
            // Three standard deviations of a binomial share.
            let allowed = 3.0 * f64::sqrt(level * (1.0 - level) / 100.0);
            assert!(
                (below - level).abs() <= allowed,
                "{below} of the values are at most {level}"
            );
        }
    }
}
