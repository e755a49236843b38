//! What selectors read: the embeddings of five groups of images, and their total distance normalisation.

use super::{Rows, SelectorError, vector::norm};

/// Below this embeddings have no spread: they are then divided by this instead, so that nothing becomes NaN.
const SMALLEST_SCALE: f64 = 1e-12;

/// The embeddings of a trained detector in evaluation mode, equally wide.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// The normal images that it was trained on.
    pub train: Rows,
    /// Normal images kept out of training.
    pub held_out: Rows,
    /// The same images, augmented.
    pub augmented: Rows,
    /// The training images, augmented. Only the mean distance reads them.
    pub augmented_train: Option<Rows>,
    /// The unlabelled validation images.
    pub validation: Rows,
}

impl Embeddings {
    /// Checks that all groups are equally wide.
    ///
    /// # Errors
    /// The first group that isn't as wide as the training images'.
    pub fn checked(self) -> Result<Self, SelectorError> {
        let expected = self.train.width();
        let groups = [
            ("held_out", Some(&self.held_out)),
            ("augmented", Some(&self.augmented)),
            ("augmented_train", self.augmented_train.as_ref()),
            ("validation", Some(&self.validation)),
        ];
        for (group, rows) in groups {
            let found = rows.map_or(expected, Rows::width);
            if found != expected {
                return Err(SelectorError::Width { group, found, expected });
            }
        }
        Ok(self)
    }

    /// Held-out, augmented and validation embeddings after total distance normalisation.
    pub fn normalised(&self) -> [Rows; 3] {
        normalise([&self.held_out, &self.augmented, &self.validation]).0
    }
}

/// Total distance normalisation of three groups (ST-SSAD, arXiv 2306.12033): with mu the mean of all N rows,
/// s = sqrt(sum ||z - mu||^2 / N) and z^ = (z - mu) / s. Gives the groups and s.
pub(super) fn normalise(groups: [&Rows; 3]) -> ([Rows; 3], f64) {
    let n: usize = groups.iter().map(|g| g.count()).sum();
    let mut mean = vec![0.0; groups[0].width()];
    for group in groups {
        let share = group.count() as f64 / n as f64;
        mean.iter_mut().zip(group.mean()).for_each(|(m, x)| *m += share * x);
    }
    let centred = groups.map(|group| {
        group.map(|row, out| {
            for ((out, x), m) in out.iter_mut().zip(row).zip(&mean) {
                *out = x - m;
            }
        })
    });
    let squares: f64 = centred.iter().flat_map(Rows::iter).map(|row| norm(row).powi(2)).sum();
    let scale = (squares / n as f64).sqrt();
    let divisor = scale.max(SMALLEST_SCALE);
    let scaled =
        centred.map(|group| group.map(|row, out| out.iter_mut().zip(row).for_each(|(out, x)| *out = x / divisor)));
    (scaled, scale)
}
