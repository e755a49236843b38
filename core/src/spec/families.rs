//! The augmentation families of a spec and their starting points.

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

impl FamilySpec {
    /// The family's name, as in leaderboards.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rotation(_) => "rotation",
            Self::Cutdiff(_) => "cutdiff",
        }
    }

    /// The starting points.
    pub fn starts(&self) -> &[Hyperparameters] {
        match self {
            Self::Rotation(rotation) => &rotation.starts,
            Self::Cutdiff(cutdiff) => &cutdiff.starts,
        }
    }

    /// The same family without its starting points: what a single trial depends on. Costs the same however many there
    /// are.
    pub fn without_starts(&self) -> Self {
        match self {
            Self::Rotation(RotationSpec { padding, starts: _ }) => Self::Rotation(RotationSpec {
                padding: *padding,
                starts: Vec::new(),
            }),
            Self::Cutdiff(CutdiffSpec {
                mode,
                fill,
                area,
                max_aspect,
                starts: _,
            }) => Self::Cutdiff(CutdiffSpec {
                mode: *mode,
                fill: *fill,
                area: *area,
                max_aspect: *max_aspect,
                starts: Vec::new(),
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
}

/// Rotation about the centre, bilinear, align_corners = false (docs/method.md, "Augmentation families").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotationSpec {
    /// What lies outside the image.
    #[serde(default)]
    pub padding: Padding,
    /// Starting points: `angle_deg`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<Hyperparameters>,
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
    /// Starting points: `area`, `aspect`, `angle_deg`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<Hyperparameters>,
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
