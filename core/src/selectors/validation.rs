//! Every unsupervised loss of a trained detector at once.

use super::{
    Embeddings, dsv, mean_distance, mixture_energy, mmd, pairs::Pairs, score_variance, shift_p_value, whitened_cosine,
};
use crate::outcome::Validation;
use rand::Rng;

/// What selection may read of a detector with the embeddings `z` that gives the validation images `scores`. The
/// permutations of the test of a shift are drawn from `rng`.
pub fn validate(z: &Embeddings, scores: &[f64], rng: &mut impl Rng) -> Validation {
    let [held_out, augmented, validation] = z.normalised();
    let pairs = Pairs::of(&held_out, &augmented, &validation);
    let mixture = mixture_energy(&pairs);
    Validation {
        mixture_energy: mixture.loss,
        mean_distance: mean_distance(z),
        explained: mixture.explained,
        anomaly_share: mixture.share,
        score_variance: score_variance(scores),
        whitened_cosine: Some(whitened_cosine(z)),
        dsv: Some(dsv([&held_out, &augmented, &validation], &pairs).loss),
        mmd: Some(mmd(&held_out, &augmented, &validation)),
        shift_p_value: Some(shift_p_value(&z.held_out, &z.validation, rng)),
    }
}
