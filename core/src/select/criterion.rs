//! The unsupervised validation losses that can select (formulas: docs/selection.md).

use crate::{
    outcome::{Outcome, Validation},
    selectors::{aligned_energy, aligned_explained},
};
use serde::{Deserialize, Serialize};

/// An unsupervised validation loss; the lowest wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// E(p*) - E(0): how much of the shift to the validation images the augmentation explains.
    MixtureEnergy,
    /// L_val of the paper. It compares starts of one family; between families it misleads.
    MeanDistance,
    /// 1 - explained.
    Unexplained,
    /// -S: the largest variance of the anomaly scores.
    ScoreVariance,
    /// Minus the cosine between the whitened shifts of the validation and of the augmented images.
    WhitenedCosine,
    /// The mixture energy times the positive part of that cosine.
    AlignedEnergy,
    /// Minus the explained share times the positive part of that cosine.
    #[default]
    AlignedExplained,
    /// Discordance and separability validation.
    Dsv,
    /// Squared maximum mean discrepancy.
    Mmd,
}

impl Criterion {
    /// Every criterion.
    pub const ALL: [Self; 9] = [
        Self::MixtureEnergy,
        Self::MeanDistance,
        Self::Unexplained,
        Self::ScoreVariance,
        Self::WhitenedCosine,
        Self::AlignedEnergy,
        Self::AlignedExplained,
        Self::Dsv,
        Self::Mmd,
    ];

    /// The criterion's name, as in specs and leaderboards.
    pub fn name(self) -> &'static str {
        match self {
            Self::MixtureEnergy => "mixture_energy",
            Self::MeanDistance => "mean_distance",
            Self::Unexplained => "unexplained",
            Self::ScoreVariance => "score_variance",
            Self::WhitenedCosine => "whitened_cosine",
            Self::AlignedEnergy => "aligned_energy",
            Self::AlignedExplained => "aligned_explained",
            Self::Dsv => "dsv",
            Self::Mmd => "mmd",
        }
    }

    /// The criterion of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|criterion| criterion.name() == name)
    }

    /// The loss; lower is better. None where the trial was run before augur knew the criterion.
    pub fn loss(self, validation: &Validation) -> Option<f64> {
        match self {
            Self::MixtureEnergy => Some(validation.mixture_energy),
            Self::MeanDistance => Some(validation.mean_distance),
            Self::Unexplained => Some(1.0 - validation.explained),
            Self::ScoreVariance => Some(-validation.score_variance),
            Self::WhitenedCosine => validation.whitened_cosine,
            Self::AlignedEnergy => {
                let cosine = validation.whitened_cosine?;
                Some(aligned_energy(validation.mixture_energy, cosine))
            }
            Self::AlignedExplained => {
                let cosine = validation.whitened_cosine?;
                Some(aligned_explained(validation.explained, cosine))
            }
            Self::Dsv => validation.dsv,
            Self::Mmd => validation.mmd,
        }
    }

    /// The loss of an outcome, where it has one.
    pub fn loss_of(self, outcome: &Outcome) -> Option<f64> {
        self.loss(outcome.validation.as_ref()?)
    }
}
