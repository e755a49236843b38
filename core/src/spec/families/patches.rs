//! Options of the local families: patches and lines at a place drawn for every image (docs/families.md).

use super::{Bound, Form, Parameter, Starts};
use serde::{Deserialize, Serialize};

/// CutDiff, the differentiable CutOut: hyperparameters `area`, `aspect`, `angle_deg` (and `strength`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CutdiffSpec {
    /// How the patch changes the image.
    pub mode: CutdiffMode,
    /// Grey value of the patch in mode `blend`, 0 to 1.
    pub fill: f64,
    /// Bounds of the patch's area as a fraction of the image: (low, high), 0 < low < high <= 1.
    pub area: [f64; 2],
    /// Bound of the patch's aspect ratio (width / height lies between 1 / max_aspect and max_aspect), above 1.
    pub max_aspect: f64,
    /// The smaller, the harder the patch's edge; 0.001 to 10.
    pub softness: f64,
    /// Bounds in [0, 1] of a further hyperparameter in mode `blend`: how much of the patch is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<[f64; 2]>,
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

/// How a CutDiff patch m changes an image x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutdiffMode {
    /// clamp(x - m, 0, 1)
    #[default]
    Subtract,
    /// x + strength * m * (fill - x), where strength is 1 if it is no hyperparameter.
    Blend,
}

impl Default for CutdiffSpec {
    fn default() -> Self {
        Self {
            mode: CutdiffMode::default(),
            fill: 0.0,
            area: AREA,
            max_aspect: MAX_ASPECT,
            softness: SOFTNESS,
            strength: None,
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl CutdiffSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = patch(self.area, self.max_aspect);
        let strength = self.strength.map(Bound::between);
        parameters.extend(strength.map(|bound| Parameter::new("strength", bound)));
        parameters
    }
}

/// Soft CutPaste: hyperparameters `area`, `aspect`, `angle_deg`, `shift_x`, `shift_y`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CutpasteSpec {
    /// What the patch shows.
    pub source: PatchSource,
    /// As for CutDiff.
    pub area: [f64; 2],
    /// As for CutDiff.
    pub max_aspect: f64,
    /// As for CutDiff.
    pub softness: f64,
    /// The patch is read from up to so far away along each axis, as a fraction of the side; above 0, at most 1.
    pub max_shift: f64,
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

/// What a pasted patch shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchSource {
    /// The image itself.
    #[default]
    #[serde(rename = "self")]
    Own,
    /// Another image of the batch.
    Other,
}

impl Default for CutpasteSpec {
    fn default() -> Self {
        Self {
            source: PatchSource::default(),
            area: AREA,
            max_aspect: MAX_ASPECT,
            softness: SOFTNESS,
            max_shift: MAX_SHIFT,
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl CutpasteSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = patch(self.area, self.max_aspect);
        parameters.extend(shift(self.max_shift));
        parameters
    }
}

/// A long, thin, soft line: hyperparameters `length`, `width`, `angle_deg`, `strength` (and `shift_x`, `shift_y`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScarSpec {
    /// What the line shows.
    pub source: ScarSource,
    /// Grey value of the line where `source` is `fill`, 0 to 1.
    pub fill: f64,
    /// Bounds of the length as a fraction of the side, above 0, at most 2.
    pub length: [f64; 2],
    /// Bounds of the width as a fraction of the side, at least 0.001. A line thinner than a pixel falls between them.
    pub width: [f64; 2],
    /// Bounds in [0, 1] of how much of the line is seen.
    pub strength: [f64; 2],
    /// As for CutDiff.
    pub softness: f64,
    /// As for CutPaste, where `source` is `self`.
    pub max_shift: f64,
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

/// What a scar shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScarSource {
    /// A grey value.
    #[default]
    Fill,
    /// The image itself, read some way off.
    #[serde(rename = "self")]
    Own,
}

impl Default for ScarSpec {
    fn default() -> Self {
        Self {
            source: ScarSource::default(),
            fill: 0.0,
            length: [0.2, 1.0],
            width: [0.02, 0.15],
            strength: [0.0, 1.0],
            softness: SOFTNESS,
            max_shift: MAX_SHIFT,
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl ScarSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = vec![
            Parameter::new("length", Bound::size(self.length)),
            Parameter::new("width", Bound::size(self.width)),
            Parameter::new("angle_deg", Bound::Angle),
            Parameter::new("strength", Bound::between(self.strength)),
        ];
        if self.source == ScarSource::Own {
            parameters.extend(shift(self.max_shift));
        }
        parameters
    }
}

const AREA: [f64; 2] = [0.01, 0.25];
const MAX_ASPECT: f64 = 4.0;
const SOFTNESS: f64 = 0.1;
const MAX_SHIFT: f64 = 0.5;

/// `area` (fraction of the image), `aspect` (width over height) and `angle_deg` of a patch.
fn patch(area: [f64; 2], max: f64) -> Vec<Parameter> {
    vec![
        Parameter::new("area", Bound::size(area)),
        Parameter::new("aspect", Bound::Factor { max }),
        Parameter::new("angle_deg", Bound::Angle),
    ]
}

/// `shift_x`, `shift_y`: from where a patch is read, in fractions of the side.
fn shift(max: f64) -> [Parameter; 2] {
    ["shift_x", "shift_y"].map(|name| Parameter::new(name, Bound::between([-max, max])))
}
