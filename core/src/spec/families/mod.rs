//! The augmentation families of a spec and their starting points.

mod starts;

pub use starts::{StartScheme, Starts};

use super::canonical_json;
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
}

/// Calls `$body` with the spec of whichever family it is.
macro_rules! each {
    ($family:expr, $spec:ident => $body:expr) => {
        match $family {
            Self::Rotation($spec) => $body,
            Self::Cutdiff($spec) => $body,
        }
    };
}

impl FamilySpec {
    /// The family's name, as in leaderboards.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rotation(_) => "rotation",
            Self::Cutdiff(_) => "cutdiff",
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

    /// Number of candidates that it gives to each (task, seed): its starting points, or one where it has no start.
    pub fn starts_count(&self) -> usize {
        match self.form() {
            Form::Random => 1,
            _ => self.starts().count(self.search_ranges().len()),
        }
    }

    /// The starting point at `index`, below [`FamilySpec::starts_count`], for trials with `seed`.
    pub fn start(&self, index: usize, seed: u64) -> Hyperparameters {
        match self.form() {
            Form::Random => Hyperparameters::new(),
            _ => {
                let key = canonical_json(&self.without_starts());
                self.starts().point(index, &self.search_ranges(), seed, &key)
            }
        }
    }

    /// The same family without its starting points: what a single trial depends on. Costs the same however many there
    /// are.
    pub fn without_starts(&self) -> Self {
        match self {
            Self::Rotation(spec) => Self::Rotation(RotationSpec {
                starts: Starts::default(),
                ..*spec
            }),
            Self::Cutdiff(spec) => Self::Cutdiff(CutdiffSpec {
                starts: Starts::default(),
                ..*spec
            }),
        }
    }

    /// The names of the hyperparameters, each with the open range (low, high) in which a start must lie: the bounds
    /// themselves are reached only at infinite raw parameters.
    pub fn bounds(&self) -> Vec<(&'static str, f64, f64)> {
        match self {
            Self::Rotation(_) => vec![("angle_deg", -360.0, 360.0)],
            Self::Cutdiff(cutdiff) => vec![
                ("area", cutdiff.area[0], cutdiff.area[1]),
                ("aspect", 1.0 / cutdiff.max_aspect, cutdiff.max_aspect),
                ("angle_deg", -360.0, 360.0),
            ],
        }
    }

    /// Where starting points are made, and where the form `random` draws: the bounds, of an angle one turn.
    pub fn search_ranges(&self) -> Vec<SearchRange> {
        let range = |(name, low, high): (&str, f64, f64)| SearchRange {
            name: name.to_owned(),
            low: if name == "angle_deg" { 0.0 } else { low },
            high,
        };
        self.bounds().into_iter().map(range).collect()
    }
}

/// The range of one hyperparameter over which a search spreads its points.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchRange {
    /// The hyperparameter, its unit in the name.
    pub name: String,
    /// Lower end.
    pub low: f64,
    /// Upper end, above `low`.
    pub high: f64,
}

impl SearchRange {
    /// The value at `place` in [0, 1] of the range, kept inside its ends.
    pub fn at(&self, place: f64) -> f64 {
        let place = place.clamp(INSET, 1.0 - INSET);
        self.low + (self.high - self.low) * place
    }
}

/// How far made points stay away from the ends of a range, as a share of it.
const INSET: f64 = 1e-6;

/// What is done with the hyperparameters `a` of a family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One `a` for all images, tuned: the method.
    #[default]
    Tuned,
    /// One `a` for all images, never tuned.
    Fixed,
    /// A centre and a spread of every hyperparameter, both tuned; each image has an `a` of its own, drawn anew.
    Distribution,
    /// Each image has an `a` of its own, drawn uniformly over the search ranges at every step; nothing is tuned.
    Random,
}

impl Form {
    /// Whether hypergradient steps are made.
    pub fn is_tuned(self) -> bool {
        matches!(self, Self::Tuned | Self::Distribution)
    }
}

/// Rotation about the centre, bilinear, align_corners = false (docs/method.md, "Augmentation families").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotationSpec {
    /// What lies outside the image.
    #[serde(default)]
    pub padding: Padding,
    /// What is done with the hyperparameters.
    #[serde(default)]
    pub form: Form,
    /// Starting points: `angle_deg`.
    #[serde(default, skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

/// What a rotated image shows where it has no pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Black.
    #[default]
    Zeros,
    /// The image mirrored at its border.
    Reflection,
}

/// CutDiff (docs/method.md, "Augmentation families").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutdiffSpec {
    /// How the patch changes the image.
    #[serde(default)]
    pub mode: CutdiffMode,
    /// Grey value of the patch in mode `blend`, 0 to 1.
    #[serde(default)]
    pub fill: f64,
    /// Bounds of the patch's area as a fraction of the image: (low, high), 0 < low < high <= 1.
    #[serde(default = "default_area")]
    pub area: [f64; 2],
    /// Bound of the patch's aspect ratio (width / height lies between 1 / max_aspect and max_aspect), above 1.
    #[serde(default = "default_max_aspect")]
    pub max_aspect: f64,
    /// What is done with the hyperparameters.
    #[serde(default)]
    pub form: Form,
    /// Starting points: `area`, `aspect`, `angle_deg`.
    #[serde(default, skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

fn default_area() -> [f64; 2] {
    [0.01, 0.25]
}

fn default_max_aspect() -> f64 {
    4.0
}

/// How a CutDiff patch m changes an image x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutdiffMode {
    /// clamp(x - m, 0, 1)
    #[default]
    Subtract,
    /// (1 - m) x + m * fill
    Blend,
}
