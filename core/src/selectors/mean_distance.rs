//! L_val, the validation loss that tunes the augmentation (ST-SSAD, arXiv 2306.12033).

use super::{Embeddings, Rows, embeddings::normalise, vector::distance};

/// 1/2 * mean over z in Z_val of (||z - mean(Z_trn)|| + ||z - mean(Z_aug)||) after total distance normalisation over
/// (train, augmented_train, validation). About 1 at best.
///
/// Where the augmented training images were not kept: over (held_out, augmented, validation).
pub fn mean_distance(z: &Embeddings) -> f64 {
    let groups = match &z.augmented_train {
        Some(augmented) => [&z.train, augmented, &z.validation],
        None => [&z.held_out, &z.augmented, &z.validation],
    };
    let ([train, augmented, validation], _) = normalise(groups);
    let to_mean_of = |group: &Rows| {
        let mean = group.mean();
        let distances = validation.iter().map(|row| distance(row, &mean));
        distances.sum::<f64>() / validation.count() as f64
    };
    (to_mean_of(&train) + to_mean_of(&augmented)) / 2.0
}
