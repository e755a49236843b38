//! Every random draw of augur: a function of (seed, trial, purpose, step) and of nothing else.
//!
//! Adding a trial changes nobody else's draws, and a resumed trial goes on bit for bit.

use crate::id::TrialId;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What a draw is for. Each purpose has a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The detector's initial weights.
    Weights,
    /// The order of the training images in one epoch (step = epoch).
    Shuffle,
    /// Flips and crops of the training images at one step (step = global step).
    TrainingAugmentation,
    /// All draws of the augmentation at one training step, such as where patches lie and which hyperparameters an image
    /// gets (step = global step).
    Augmentation,
    /// The validation batch of one tuning step (step = global step).
    ValidationBatch,
    /// Fixed draws of the augmentation in evaluation (step = 0 for training images, 1 for held-out ones).
    Evaluation,
    /// Which images go where (step = 0).
    Split,
    /// A random starting point (step = its index).
    Start,
    /// Divisions of images by which a shift is tested (step = 0).
    Permutation,
    /// Labelled images drawn with replacement (step = 0 for validation images, 1 for test images).
    Bootstrap,
    /// The place of a trial in its group's order for early stopping (step = 0).
    Halving,
    /// Whether a trial runs to its end whatever early stopping decides (step = 0).
    Audit,
    /// Trials or tasks drawn with replacement for the intervals of a report (step = 0).
    Report,
}

impl Purpose {
    fn tag(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Shuffle => "shuffle",
            Self::TrainingAugmentation => "training-augmentation",
            Self::Augmentation => "augmentation",
            Self::ValidationBatch => "validation-batch",
            Self::Evaluation => "evaluation",
            Self::Split => "split",
            Self::Start => "start",
            Self::Permutation => "permutation",
            Self::Bootstrap => "bootstrap",
            Self::Halving => "halving",
            Self::Audit => "audit",
            Self::Report => "report",
        }
    }
}

/// The stream of draws of one trial for `purpose` at `step`.
pub fn stream(seed: u64, trial: &TrialId, purpose: Purpose, step: u64) -> ChaCha8Rng {
    keyed(seed, trial.uuid().as_bytes(), purpose, step)
}

/// The stream of draws for something shared by many trials, such as a split, named by `key`.
pub fn shared_stream(seed: u64, key: &str, purpose: Purpose, step: u64) -> ChaCha8Rng {
    keyed(seed, key.as_bytes(), purpose, step)
}

fn keyed(seed: u64, key: &[u8], purpose: Purpose, step: u64) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key);
    hash.update(purpose.tag());
    hash.update(step.to_le_bytes());
    ChaCha8Rng::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    #[test]
    fn streams_repeat_and_do_not_touch_each_other() {
        let trial = TrialId::of("a");
        let other = TrialId::of("b");
        let first = |seed, trial, purpose, step| stream(seed, trial, purpose, step).next_u64();
        let base = first(0, &trial, Purpose::Shuffle, 3);
        assert_eq!(base, first(0, &trial, Purpose::Shuffle, 3));
        assert_ne!(base, first(1, &trial, Purpose::Shuffle, 3));
        assert_ne!(base, first(0, &other, Purpose::Shuffle, 3));
        assert_ne!(base, first(0, &trial, Purpose::Weights, 3));
        assert_ne!(base, first(0, &trial, Purpose::Shuffle, 4));
    }
}
