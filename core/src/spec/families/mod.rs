//! The augmentation families of a spec, their hyperparameters and their starting points.

mod compose;
mod form;
mod global;
mod parameter;
mod patches;
mod starts;

pub use compose::ComposeSpec;
pub use form::Form;
pub use global::{BlurSpec, BrightnessContrastSpec, ElasticSpec, HueSaturationSpec, NoiseSpec, Padding, RotationSpec};
pub use parameter::{Bound, Parameter, SearchRange};
pub use patches::{CutdiffMode, CutdiffSpec, CutpasteSpec, PatchSource, ScarSource, ScarSpec};
pub use starts::{StartScheme, Starts};

use super::{TaskSpec, canonical_json};
use crate::outcome::Hyperparameters;
use serde::{Deserialize, Serialize};

/// A family of augmentations with the points from which tuning starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FamilySpec {
    /// Global: the whole image turned.
    Rotation(RotationSpec),
    /// Local: a soft, turned, elliptic patch, the differentiable CutOut.
    Cutdiff(CutdiffSpec),
    /// Local: a soft patch of this or another image, pasted elsewhere.
    Cutpaste(CutpasteSpec),
    /// Local: a long, thin, soft line.
    Scar(ScarSpec),
    /// Global: Gaussian blur.
    Blur(BlurSpec),
    /// Global: additive Gaussian noise.
    Noise(NoiseSpec),
    /// Global: brightness and contrast.
    BrightnessContrast(BrightnessContrastSpec),
    /// Global: hue and saturation, of colour images.
    HueSaturation(HueSaturationSpec),
    /// Global: a smooth random warp.
    Elastic(ElasticSpec),
    /// Several families at once, each image taking one.
    Compose(ComposeSpec),
}

/// Calls `$body` with the spec of whichever family it is.
macro_rules! each {
    ($family:expr, $spec:ident => $body:expr) => {
        match $family {
            Self::Rotation($spec) => $body,
            Self::Cutdiff($spec) => $body,
            Self::Cutpaste($spec) => $body,
            Self::Scar($spec) => $body,
            Self::Blur($spec) => $body,
            Self::Noise($spec) => $body,
            Self::BrightnessContrast($spec) => $body,
            Self::HueSaturation($spec) => $body,
            Self::Elastic($spec) => $body,
            Self::Compose($spec) => $body,
        }
    };
}

/// The same family with `$fields` in place of its own. What is replaced isn't copied first.
macro_rules! with {
    ($family:expr, { $($field:ident: $value:expr),+ }) => {
        match $family {
            Self::Rotation(spec) => Self::Rotation(RotationSpec { $($field: $value,)+ ..*spec }),
            Self::Cutdiff(spec) => Self::Cutdiff(CutdiffSpec { $($field: $value,)+ ..*spec }),
            Self::Cutpaste(spec) => Self::Cutpaste(CutpasteSpec { $($field: $value,)+ ..*spec }),
            Self::Scar(spec) => Self::Scar(ScarSpec { $($field: $value,)+ ..*spec }),
            Self::Blur(spec) => Self::Blur(BlurSpec { $($field: $value,)+ ..*spec }),
            Self::Noise(spec) => Self::Noise(NoiseSpec { $($field: $value,)+ ..*spec }),
            Self::BrightnessContrast(spec) => {
                Self::BrightnessContrast(BrightnessContrastSpec { $($field: $value,)+ ..*spec })
            }
            Self::HueSaturation(spec) => Self::HueSaturation(HueSaturationSpec { $($field: $value,)+ ..*spec }),
            Self::Elastic(spec) => Self::Elastic(ElasticSpec { $($field: $value,)+ ..*spec }),
            Self::Compose(spec) => {
                Self::Compose(ComposeSpec { $($field: $value,)+ parts: spec.parts.clone(), ..*spec })
            }
        }
    };
}

impl FamilySpec {
    /// The family's name, as in leaderboards.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rotation(_) => "rotation",
            Self::Cutdiff(_) => "cutdiff",
            Self::Cutpaste(_) => "cutpaste",
            Self::Scar(_) => "scar",
            Self::Blur(_) => "blur",
            Self::Noise(_) => "noise",
            Self::BrightnessContrast(_) => "brightness_contrast",
            Self::HueSaturation(_) => "hue_saturation",
            Self::Elastic(_) => "elastic",
            Self::Compose(_) => "compose",
        }
    }

    /// What is done with its hyperparameters.
    pub fn form(&self) -> Form {
        each!(self, spec => spec.form)
    }

    /// The starting points, as they are written.
    pub fn starts(&self) -> &Starts {
        each!(self, spec => &spec.starts)
    }

    /// The hyperparameters that a trial has, in the family's form: of a distribution first the centres, then the
    /// spreads; none where they are drawn at random.
    pub fn parameters(&self) -> Vec<Parameter> {
        match self.form() {
            Form::Random => Vec::new(),
            _ => self.searched(),
        }
    }

    /// Where starting points are made, and where the form `random` draws.
    pub fn search_ranges(&self) -> Vec<SearchRange> {
        self.searched().into_iter().map(SearchRange::of).collect()
    }

    fn searched(&self) -> Vec<Parameter> {
        let own = each!(self, spec => spec.parameters());
        match (self.form(), self) {
            // The parts of a composition have spreads already.
            (Form::Distribution, Self::Compose(_)) | (Form::Tuned | Form::Fixed | Form::Random, _) => own,
            (Form::Distribution, _) => {
                let spreads: Vec<_> = own.iter().map(Parameter::spread).collect();
                own.into_iter().chain(spreads).collect()
            }
        }
    }

    /// Number of candidates that it gives to each (task, seed): its starting points, or one where it has no start.
    pub fn starts_count(&self) -> usize {
        match self.form() {
            Form::Random => 1,
            _ => self.starts().count(self.parameters().len()),
        }
    }

    /// The starting point at `index`, below [`FamilySpec::starts_count`], for trials of `task` with `seed`. The task's
    /// name makes no difference.
    pub fn start(&self, index: usize, task: &TaskSpec, seed: u64) -> Hyperparameters {
        match self.form() {
            Form::Random => Hyperparameters::new(),
            _ => {
                let key = canonical_json(&(self.without_starts(), &task.normal, &task.anomaly));
                self.starts().point(index, &self.parameters(), seed, &key)
            }
        }
    }

    /// The same family without its starting points: what a single trial depends on. Costs the same however many there
    /// are.
    pub fn without_starts(&self) -> Self {
        with!(self, { starts: Starts::default() })
    }

    /// The same family in another form, without its starting points.
    pub fn in_form(&self, form: Form) -> Self {
        with!(self, { form: form, starts: Starts::default() })
    }
}
