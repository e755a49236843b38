//! What a detector is worth, judged without labels: in evaluation mode, over whole groups, with fixed draws
//! (docs/method.md, "The two alternating steps" and "Comparing families").

use augur_core::outcome::{Diagnostics, Validation};
use tch::{Kind, Tensor, no_grad};

use super::TrialError;
use super::draws::Group;
use super::setup::Trial;
use crate::detector::Output;
use crate::loss::{Normalised, normalise};
use crate::mixture_energy::mixture_energy;
use crate::score::{ScoreError, Scorer};

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
}

/// L_val over D_trn, phi(D_trn) and D_val.
pub fn validation_loss(trial: &Trial) -> f64 {
    no_grad(|| {
        let z_trn = outputs(trial, &trial.images.train).z;
        let z_val = outputs(trial, &trial.images.validation).z;
        normalised(trial, &z_trn, &z_val).mean_distance().double_value(&[])
    })
}

/// All that selection, guards and the later evaluation need.
pub fn judge(trial: &Trial, training_loss: f64) -> Result<Judgement, TrialError> {
    no_grad(|| {
        let z_trn = outputs(trial, &trial.images.train).z;
        let validation = outputs(trial, &trial.images.validation);
        let normalised = normalised(trial, &z_trn, &validation.z);
        let (held_out_aug, augmentation_distance) = held_out_augmented(trial);
        let mixture = mixture_energy(&normalise(
            &outputs(trial, &trial.images.held_out).z,
            &outputs(trial, &held_out_aug).z,
            &validation.z,
        ));
        let scorer = Scorer::fit(trial.spec.score, &z_trn)?;
        let scores = scorer.score(&validation)?;
        Ok(Judgement {
            validation: Validation {
                mixture_energy: mixture.loss,
                mean_distance: normalised.mean_distance().double_value(&[]),
                explained: mixture.explained,
                anomaly_share: mixture.share,
                score_variance: scores.var(false).double_value(&[]),
            },
            diagnostics: Diagnostics {
                training_loss,
                embedding_scale: normalised.scale.double_value(&[]),
                augmentation_distance,
            },
            scores: values(&scores),
            test_scores: test_scores(trial, &scorer)?,
        })
    })
}

/// Scores of the test images, which nothing else looks at; none where there are none.
fn test_scores(trial: &Trial, scorer: &Scorer) -> Result<Vec<f64>, ScoreError> {
    if trial.images.test.size()[0] == 0 {
        return Ok(Vec::new());
    }
    let scores = scorer.score(&outputs(trial, &trial.images.test))?;
    Ok(values(&scores))
}

fn values(scores: &Tensor) -> Vec<f64> {
    (0..scores.size()[0]).map(|i| scores.double_value(&[i])).collect()
}

/// Total distance normalisation over D_trn, phi(D_trn) and D_val.
fn normalised(trial: &Trial, z_trn: &Tensor, z_val: &Tensor) -> Normalised {
    let x_aug = augmented(trial, &trial.images.train, Group::Train);
    normalise(z_trn, &outputs(trial, &x_aug).z, z_val)
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

/// The detector's outputs in evaluation mode for x [N, C, H, W] in [0, 1].
fn outputs(trial: &Trial, x: &Tensor) -> Output {
    trial.network.outputs(x)
}
