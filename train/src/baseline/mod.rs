//! Baselines and controls: scores for the images of a task that no augmentation is tuned for (docs/baselines.md).
//!
//! Each is fitted to D_trn alone, and gives a function from images to scores. None of them sees a label.

mod autoencoder;
mod deep_svdd;
mod embedding;
mod encoder;
mod mean_intensity;
mod pixel_pca;
mod state;
mod training;

use std::path::Path;

use augur_core::outcome::{Hyperparameters, Outcome};
use augur_core::plan::TrialSpec;
use augur_core::spec::BaselineSpec;
use augur_data::TaskImages;
use tch::{Device, Kind, Tensor, no_grad};

use crate::checkpoint::{Flaw, Keeper, Left, Saved};
use crate::trial::{Draws, Ended, Groups, TrialError, device_of};

/// Images that are scored at once; bounds memory.
const CHUNK: i64 = 256;

/// Scores [M] of images [M, C, H, W] in [0, 1]; higher is more anomalous.
type Scorer = Box<dyn Fn(&Tensor) -> Result<Tensor, TrialError>>;

/// What a baseline has to work with.
struct Run<'a> {
    spec: &'a TrialSpec,
    draws: Draws,
    images: Groups,
    device: Device,
    /// What paths in the spec are relative to.
    base: &'a Path,
    /// Counts the epochs of those that are trained.
    keeper: Keeper<'a>,
    /// The checkpoint to go on from, until that has been done.
    saved: Option<Saved>,
}

/// Why a baseline has no scorer.
enum Halt {
    /// Told to stop after this many epochs.
    Stopped {
        epoch: u32,
    },
    /// Told to leave.
    Left(Left),
    /// Its checkpoint is of no use.
    Unfit(Flaw),
    Failed(TrialError),
}

impl<E: Into<TrialError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs a baseline as the trial `spec` on the images of its task; those that are trained measure every epoch, and go on
/// from a checkpoint.
///
/// # Errors
/// Images that don't fit the baseline, weights that can't be read, a device that isn't there, a result that is not a
/// finite number.
pub(crate) fn run<'a>(
    spec: &'a TrialSpec,
    baseline: &BaselineSpec,
    images: &TaskImages,
    base: &'a Path,
    keeper: Keeper<'a>,
) -> Result<Ended, TrialError> {
    let device = device_of(&spec.resources)?;
    let mut run = Run {
        spec,
        draws: Draws::new(spec, device),
        images: Groups::new(images, device)?,
        device,
        base,
        keeper,
        saved: None,
    };
    loop {
        run.saved = run.keeper.next_saved();
        match run.scorer(baseline) {
            // Nothing went on from it, and a later part waited for that.
            Ok(_) if run.saved.is_some() => run.keeper.reject(Flaw::Unfit("no part of the training has it".into())),
            Ok(scorer) => {
                let outcome = run.outcome(baseline, &scorer);
                return outcome.map(|outcome| Ended::Completed(outcome, None));
            }
            Err(Halt::Stopped { epoch }) => return Ok(Ended::Stopped { epoch }),
            Err(Halt::Left(left)) => return Ok(Ended::Left(left)),
            Err(Halt::Failed(error)) => return Err(error),
            Err(Halt::Unfit(flaw)) => run.keeper.reject(flaw),
        }
    }
}

impl Run<'_> {
    /// Fits the baseline to D_trn.
    fn scorer(&mut self, baseline: &BaselineSpec) -> Result<Scorer, Halt> {
        match baseline {
            BaselineSpec::Autoencoder(options) => autoencoder::fit(self, options),
            BaselineSpec::DeepSvdd(options) => deep_svdd::fit(self, options),
            BaselineSpec::MeanIntensity(options) => Ok(mean_intensity::fit(&self.images.train, options)),
            BaselineSpec::PixelPca(options) => Ok(pixel_pca::fit(&self.images.train, options)?),
            BaselineSpec::Untrained(options) => Ok(embedding::untrained(self, options)?),
            BaselineSpec::Pretrained(options) => Ok(embedding::pretrained(self, options)?),
        }
    }

    fn outcome(&self, baseline: &BaselineSpec, scorer: &Scorer) -> Result<Outcome, TrialError> {
        let outcome = Outcome {
            tuned: Hyperparameters::new(),
            validation: None,
            diagnostics: None,
            scores: scores(scorer, &self.images.validation)?,
            test_scores: scores(scorer, &self.images.test)?,
            seconds: self.keeper.seconds(),
        };
        if outcome.is_finite() {
            return Ok(outcome);
        }
        Err(TrialError::NotFinite {
            what: format!("a score of the baseline {}", baseline.name()),
            epoch: self.keeper.epoch(),
        })
    }
}

/// The scores of x [M, C, H, W], none where M is 0.
fn scores(scorer: &Scorer, x: &Tensor) -> Result<Vec<f64>, TrialError> {
    let mut all = Vec::new();
    if x.size()[0] > 0 {
        for chunk in x.split(CHUNK, 0) {
            let scores = no_grad(|| scorer(&chunk))?;
            let scores = scores.to_device_(Device::Cpu, Kind::Double, false, false);
            all.extend((0..scores.size()[0]).map(|i| scores.double_value(&[i])));
        }
    }
    Ok(all)
}
