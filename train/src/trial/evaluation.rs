//! What a detector is worth, judged without labels: in evaluation mode, over whole groups, with fixed draws
//! (docs/method.md, "The two alternating steps" and "Comparing families").

use augur_core::outcome::{Diagnostics, Validation};
use augur_core::selectors::{Embeddings, SelectorError, validate};
use tch::{Kind, Tensor, no_grad};

use super::TrialError;
use super::draws::Group;
use super::setup::Trial;
use crate::loss::{Normalised, normalise};
use crate::model::{NormalScores, scores};
use crate::score::Scorer;
use crate::selection::rows;

/// Stands in for a distance of 0 between images, so that the ratio stays a number.
const SMALLEST_DISTANCE: f64 = 1e-12;

/// The judgement of a trained detector.
pub struct Judgement {
    pub validation: Validation,
    pub diagnostics: Diagnostics,
    /// Anomaly score of each validation image.
    pub scores: Vec<f64>,
    /// Anomaly score of each test image.
    pub test_scores: Vec<f64>,
    /// Anomaly scores of the normal images.
    pub normal_scores: NormalScores,
    /// What gave the scores.
    pub scorer: Scorer,
    /// What the losses were computed from.
    pub embeddings: Embeddings,
}

/// L_val over D_trn, phi(D_trn) and D_val.
pub fn validation_loss(trial: &Trial) -> f64 {
    no_grad(|| {
        let groups = [&trial.images.train, &trial.images.validation].map(|x| embed(trial, x));
        let normalised = normalised(trial, &groups);
        normalised.mean_distance().double_value(&[])
    })
}

/// The losses and the diagnostics of a trial as they would be if it ended after this epoch; none where a number is not finite.
pub fn on_the_way(trial: &Trial, training_loss: f64) -> Option<(Validation, Diagnostics)> {
    let Unsupervised {
        validation,
        diagnostics,
        ..
    } = no_grad(|| unsupervised(trial, training_loss)).ok()?;
    let mut numbers = validation.values().chain(diagnostics.values());
    numbers.all(f64::is_finite).then_some((validation, diagnostics))
}

/// All that selection, guards, the later evaluation and whoever keeps the detector need.
pub fn judge(trial: &Trial, training_loss: f64) -> Result<Judgement, TrialError> {
    no_grad(|| {
        let Unsupervised {
            validation,
            diagnostics,
            scores: of_validation,
            scorer,
            embeddings,
        } = unsupervised(trial, training_loss)?;
        let score = |x: &Tensor| scores(&trial.network, &scorer, x);
        Ok(Judgement {
            validation,
            diagnostics,
            scores: of_validation,
            test_scores: score(&trial.images.test)?,
            normal_scores: NormalScores {
                train: training_scores(trial, &scorer)?,
                held_out: score(&trial.images.held_out)?,
            },
            scorer,
            embeddings,
        })
    })
}

/// What is judged by images that tuning may see.
struct Unsupervised {
    validation: Validation,
    diagnostics: Diagnostics,
    /// Anomaly score of each validation image.
    scores: Vec<f64>,
    scorer: Scorer,
    embeddings: Embeddings,
}

fn unsupervised(trial: &Trial, training_loss: f64) -> Result<Unsupervised, TrialError> {
    let images = &trial.images;
    let [z_trn, z_val] = [&images.train, &images.validation].map(|x| embed(trial, x));
    let (held_out_aug, augmentation_distance) = held_out_augmented(trial);
    let z_aug = embed(trial, &augmented(trial, &images.train, Group::Train));
    let embeddings = || -> Result<Embeddings, SelectorError> {
        Ok(Embeddings {
            train: rows(&z_trn)?,
            held_out: rows(&embed(trial, &images.held_out))?,
            augmented: rows(&embed(trial, &held_out_aug))?,
            augmented_train: Some(rows(&z_aug)?),
            validation: rows(&z_val)?,
        })
    };
    let embeddings = embeddings().map_err(|_| TrialError::NotFinite {
        what: "an embedding".to_owned(),
        epoch: trial.spec.training.epochs,
    })?;
    let scorer = Scorer::fit(trial.spec.score, &z_trn)?;
    let scores = scores(&trial.network, &scorer, &images.validation)?;
    Ok(Unsupervised {
        validation: validate(&embeddings, &scores, &mut trial.draws.permutations()),
        diagnostics: Diagnostics {
            training_loss,
            embedding_scale: normalise(&z_trn, &z_aug, &z_val).scale.double_value(&[]),
            augmentation_distance,
        },
        scores,
        scorer,
        embeddings,
    })
}

/// The anomaly scores of the training images.
fn training_scores(trial: &Trial, scorer: &Scorer) -> Result<Vec<f64>, TrialError> {
    let scores = scorer.score_training(&trial.network.outputs_one_by_one(&trial.images.train))?;
    Ok((0..scores.size()[0]).map(|i| scores.double_value(&[i])).collect())
}

/// Total distance normalisation over D_trn, phi(D_trn) and D_val.
fn normalised(trial: &Trial, [z_trn, z_val]: &[Tensor; 2]) -> Normalised {
    let x_aug = augmented(trial, &trial.images.train, Group::Train);
    normalise(z_trn, &embed(trial, &x_aug), z_val)
}

/// phi over the held-out images, and its distance: RMS(phi(x) - x) relative to the RMS difference of two different
/// images. The mean square difference over all pairs is twice the unbiased variance, so no pairs need be drawn.
fn held_out_augmented(trial: &Trial) -> (Tensor, f64) {
    let x = &trial.images.held_out;
    let x_aug = augmented(trial, x, Group::HeldOut);
    let mean = |x: Tensor| x.mean(Kind::Double).double_value(&[]);
    let change = mean((&x_aug - x).square());
    let pairs = 2.0 * mean(x.to_kind(Kind::Double).var_dim(0, true, false));
    (x_aug, (change / pairs.max(SMALLEST_DISTANCE)).sqrt())
}

/// phi of a whole group [N, C, H, W], with the draws that every evaluation uses.
fn augmented(trial: &Trial, x: &Tensor, group: Group) -> Tensor {
    let augmentation = trial.augmentation.as_ref();
    let draw = trial.draws.evaluation(augmentation, x, group);
    augmentation.apply(&trial.raw, x, &draw)
}

/// The embeddings [N, h] in evaluation mode of x [N, C, H, W] in [0, 1].
fn embed(trial: &Trial, x: &Tensor) -> Tensor {
    trial.network.outputs(x).z
}
