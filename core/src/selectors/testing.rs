//! Groups of embeddings for tests.

use super::{Embeddings, Rows};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows of uniform noise in [-1, 1), a function of `seed`.
pub(crate) fn noise(count: usize, width: usize, seed: u64) -> Rows {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..count * width).map(|_| rng.random_range(-1.0..1.0)).collect();
    Rows::new(values, width).unwrap()
}

/// Every row moved by `by` times the `direction`-th unit vector.
pub(crate) fn moved(rows: &Rows, direction: usize, by: f64) -> Rows {
    rows.map(|row, out| {
        out.copy_from_slice(row);
        out[direction] += by;
    })
}

/// Normal images are noise about 0; a third of the validation images is moved along axis 0 by 3; the augmentation moves
/// along `axis`.
pub(crate) fn planted(axis: usize, seed: u64) -> Embeddings {
    let normal = |n, k| noise(n, 6, 10 * seed + k);
    let train = normal(60, 0);
    let held_out = normal(40, 1);
    Embeddings {
        augmented_train: Some(moved(&normal(60, 2), axis, 3.0)),
        augmented: moved(&normal(40, 3), axis, 3.0),
        validation: normal(40, 4).followed_by(&moved(&normal(20, 5), 0, 3.0)),
        train,
        held_out,
    }
}
