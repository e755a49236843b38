//! Selectors: unsupervised validation losses of a trained detector, as functions of its embeddings and scores.
//!
//! In each the lowest value wins. Formulas and their sources: docs/selection.md. None sees a label.

mod cosine;
mod dsv;
mod embeddings;
mod mean_distance;
mod mixture;
mod mmd;
pub mod pairs;
mod rows;
mod shift;
#[cfg(test)]
mod testing;
mod validation;
mod vector;

pub use cosine::whitened_cosine;
pub use dsv::{Dsv, dsv};
pub use embeddings::Embeddings;
pub use mean_distance::mean_distance;
pub use mixture::{MixtureEnergy, aligned_energy, aligned_explained, mixture_energy};
pub use mmd::mmd;
pub use rows::Rows;
pub use shift::shift_p_value;
pub use validation::validate;

/// Input that no selector is defined for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    #[error("{values} numbers are no rows of {width}")]
    Shape { values: usize, width: usize },
    #[error("row {row} holds a number that is not finite")]
    NotFinite { row: usize },
    #[error("the embeddings of `{group}` are {found} wide, the others {expected}")]
    Width {
        group: &'static str,
        found: usize,
        expected: usize,
    },
}

/// S, the variance of anomaly scores [N] (divided by N, 0 for none). Its selector is -S: the scores that vary most win.
pub fn score_variance(scores: &[f64]) -> f64 {
    let n = (scores.len() as f64).max(1.0);
    let mean = scores.iter().sum::<f64>() / n;
    scores.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / n
}

#[cfg(test)]
mod tests;
