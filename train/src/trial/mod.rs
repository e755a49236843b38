//! One trial: a detector trained, its augmentation tuned, both judged without labels (docs/method.md, "The two alternating
//! steps"); or a baseline in its place. The same spec and images give the same outcome bit for bit on one kind of CPU with
//! one libtorch.

mod draws;
mod epochs;
mod error;
mod evaluation;
pub mod fingerprint;
mod moves;
mod setup;
mod state;

use std::mem;
use std::path::Path;

use augur_core::model::{ImageShape, MODEL_FORMAT, ModelCard};
use augur_core::outcome::{Hyperparameters, Measurement, Outcome, Validation};
use augur_core::plan::{Method, TrialSpec};
use augur_core::selectors::Embeddings;
use augur_core::spec::FamilySpec;
use augur_data::TaskImages;

use crate::baseline;
use crate::checkpoint::{Checkpoints, Keeper, Left};
use crate::device::LIBTORCH_VERSION;
use crate::model::Model;

pub(crate) use draws::Draws;
use epochs::Summary;
pub use error::TrialError;
use setup::Trial;
pub(crate) use setup::{Groups, KIND, device_of};
pub(crate) use state::copy;

/// What the receiver of a measurement answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    Continue,
    /// End the trial now, without an outcome.
    Stop,
}

/// How a trial ended that did not fail.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a trial ends once")]
pub enum Ended {
    /// With an outcome, and what is left of the trial; a baseline leaves nothing.
    Completed(Outcome, Option<Box<Remains>>),
    /// Told to stop after this many epochs.
    Stopped { epoch: u32 },
    /// Told to leave, to go on from its checkpoint another time.
    Left(Left),
}

/// What a trial leaves behind for whoever wants to keep it.
#[derive(Debug)]
pub struct Remains {
    /// The trained detector.
    pub model: Model,
    /// What its losses were computed from.
    pub embeddings: Embeddings,
}

/// Runs the trial `spec` on the images of its task; paths of weights in it are relative to `base`. `report` gets a
/// measurement after every epoch, which is never judged on its way.
///
/// Sets libtorch's thread count for this process.
///
/// # Errors
/// Images or a start that don't fit the spec, a device that isn't there, a result that is not a finite number.
///
/// # Panics
/// When libtorch itself fails, such as for want of memory: run trials in a process of their own.
pub fn run(
    spec: &TrialSpec,
    images: &TaskImages,
    base: &Path,
    report: &mut dyn FnMut(Measurement) -> Control,
) -> Result<Ended, TrialError> {
    run_judged(spec, &[], images, base, report)
}

/// The same with a judgement at the end of each of the epochs `rungs`, as part of its measurement. It changes no bit of the
/// outcome. A baseline is never judged.
///
/// # Errors
/// As [`run`].
///
/// # Panics
/// As [`run`].
pub fn run_judged(
    spec: &TrialSpec,
    rungs: &[u32],
    images: &TaskImages,
    base: &Path,
    report: &mut dyn FnMut(Measurement) -> Control,
) -> Result<Ended, TrialError> {
    run_resumable(spec, rungs, images, base, None, report)
}

/// The same from its newest checkpoint on, if there is one, and with more of them on its way. It changes no bit of the outcome
/// and of the measurements, which are reported from the first epoch on; their seconds count earlier attempts as far as
/// they are gone on from. Baselines that run no epochs keep no checkpoints.
///
/// # Errors
/// As [`run`]. A checkpoint that can't be written or taken up is none.
///
/// # Panics
/// As [`run`].
pub fn run_resumable(
    spec: &TrialSpec,
    rungs: &[u32],
    images: &TaskImages,
    base: &Path,
    checkpoints: Option<Checkpoints>,
    report: &mut dyn FnMut(Measurement) -> Control,
) -> Result<Ended, TrialError> {
    let keeper = Keeper::new(checkpoints, spec, rungs, report);
    match &spec.method {
        Method::Augmented { family, initial } => augmented(spec, (family, initial), rungs, images, base, keeper),
        Method::Baseline(baseline) => baseline::run(spec, baseline, images, base, keeper),
    }
}

/// ST-SSAD from a family's starting point.
fn augmented(
    spec: &TrialSpec,
    from: (&FamilySpec, &Hyperparameters),
    rungs: &[u32],
    images: &TaskImages,
    base: &Path,
    mut keeper: Keeper,
) -> Result<Ended, TrialError> {
    let mut trial = Trial::new(spec, from, images, base)?;
    let (mut sums, control) = trial.resume(&mut keeper);
    if control == Control::Stop {
        return Ok(Ended::Stopped { epoch: keeper.epoch() });
    }
    for epoch in keeper.epoch() + 1..=spec.training.epochs {
        let summary = match epochs::run(&mut trial, epoch, mem::take(&mut sums), &mut keeper) {
            Ok(summary) => summary,
            Err(left) => return Ok(Ended::Left(left)),
        };
        let measurement = measurement(&trial, epoch, &summary, rungs.contains(&epoch), keeper.seconds());
        require_finite(&measurement)?;
        if keeper.measured(measurement) == Control::Stop {
            return Ok(Ended::Stopped { epoch });
        }
        if let Some(left) = keeper.pause(trial.place(), || trial.tensors(&sums)) {
            return Ok(Ended::Left(left));
        }
    }
    completed(trial, images, &keeper)
}

/// What is to be said at the end of an epoch; at a rung with a judgement.
fn measurement(trial: &Trial, epoch: u32, summary: &Summary, is_rung: bool, seconds: f64) -> Measurement {
    let training_loss = summary.training_loss;
    let judged = is_rung.then(|| evaluation::on_the_way(trial, training_loss));
    let (validation, diagnostics) = judged.flatten().unzip();
    Measurement {
        epoch,
        training_loss,
        validation_loss: Some(evaluation::validation_loss(trial)),
        hyperparameters: trial.hyperparameters(),
        hypergradient_norm: summary.hypergradient_norm,
        validation,
        diagnostics,
        seconds,
    }
}

/// The end of a trial whose epochs are over.
fn completed(trial: Trial, images: &TaskImages, keeper: &Keeper) -> Result<Ended, TrialError> {
    let spec = trial.spec;
    let judgement = evaluation::judge(&trial, keeper.training_loss())?;
    let outcome = Outcome {
        tuned: trial.hyperparameters(),
        validation: Some(judgement.validation),
        diagnostics: Some(judgement.diagnostics),
        scores: judgement.scores,
        test_scores: judgement.test_scores,
        seconds: keeper.seconds(),
    };
    if !outcome.is_finite() {
        return Err(TrialError::NotFinite {
            what: "the final evaluation".to_owned(),
            epoch: spec.training.epochs,
        });
    }
    let model = Model::new(
        card(spec, &outcome, &judgement.validation, images),
        trial.network,
        judgement.scorer,
        judgement.normal_scores,
    );
    let remains = Remains {
        model,
        embeddings: judgement.embeddings,
    };
    Ok(Ended::Completed(outcome, Some(Box::new(remains))))
}

/// What is to be known of the trial's detector.
fn card(spec: &TrialSpec, outcome: &Outcome, validation: &Validation, images: &TaskImages) -> ModelCard {
    let size = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    ModelCard {
        format: MODEL_FORMAT,
        trial: spec.id().to_string(),
        spec: spec.clone(),
        tuned: outcome.tuned.clone(),
        validation: *validation,
        images: ImageShape {
            channels: size(images.train.channels),
            height: size(images.train.height),
            width: size(images.train.width),
        },
        augur: env!("CARGO_PKG_VERSION").to_owned(),
        libtorch: LIBTORCH_VERSION.to_owned(),
        tensors_sha256: String::new(),
    }
}

/// NaN and infinity only spread: the first epoch that shows one ends the trial.
fn require_finite(measurement: &Measurement) -> Result<(), TrialError> {
    let named = [
        ("the training loss", Some(measurement.training_loss)),
        ("the validation loss", measurement.validation_loss),
        ("the hypergradient", measurement.hypergradient_norm),
    ];
    let named = named.map(|(what, value)| (what.to_owned(), value));
    let hyperparameters = measurement
        .hyperparameters
        .iter()
        .map(|(name, value)| (name.clone(), Some(*value)));
    for (what, value) in named.into_iter().chain(hyperparameters) {
        if value.is_some_and(|value| !value.is_finite()) {
            return Err(TrialError::NotFinite {
                what,
                epoch: measurement.epoch,
            });
        }
    }
    Ok(())
}
