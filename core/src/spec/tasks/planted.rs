//! Planted anomalies: images of the normal class, changed in a known way, so that the right answer is known.

use crate::{outcome::Hyperparameters, spec::CutdiffMode};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fixed change of an image: that of a family at fixed hyperparameters. What is drawn at random (the place of a
/// patch, noise) is drawn for each image from the split's seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planted {
    /// Turned by this angle in degrees, as family `rotation` with zero padding turns it.
    RotateDeg(f64),
    /// A patch at a random place, as of family `cutdiff`.
    Cutdiff(PlantedPatch),
    /// Blurred, as by family `blur`.
    Blur(PlantedBlur),
    /// With noise, as of family `noise`.
    Noise(PlantedNoise),
}

/// A planted patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantedPatch {
    /// Area, a fraction of the image, above 0 and at most 1.
    pub area: f64,
    /// Width over height, above 0.
    #[serde(default = "one")]
    pub aspect: f64,
    /// Angle in degrees.
    #[serde(default)]
    pub angle_deg: f64,
    /// How the patch changes the image.
    #[serde(default)]
    pub mode: CutdiffMode,
    /// Grey value of the patch in mode `blend`, 0 to 1.
    #[serde(default)]
    pub fill: f64,
    /// The smaller, the harder the patch's edge; 0.001 to 10.
    #[serde(default = "softness")]
    pub softness: f64,
}

fn one() -> f64 {
    1.0
}

fn softness() -> f64 {
    0.1
}

/// A planted blur.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantedBlur {
    /// Standard deviation in pixels, at least 0.05.
    pub sigma_px: f64,
}

/// Planted noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantedNoise {
    /// Standard deviation, where images span [0, 1]; above 0.
    pub sigma: f64,
}

impl Planted {
    /// The right answer: the family that makes such anomalies, and its hyperparameters.
    pub fn answer(&self) -> (&'static str, Hyperparameters) {
        let named = |values: &[(&str, f64)]| {
            values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect()
        };
        match self {
            Self::RotateDeg(angle) => ("rotation", named(&[("angle_deg", *angle)])),
            Self::Cutdiff(patch) => (
                "cutdiff",
                named(&[
                    ("area", patch.area),
                    ("aspect", patch.aspect),
                    ("angle_deg", patch.angle_deg),
                ]),
            ),
            Self::Blur(blur) => ("blur", named(&[("sigma_px", blur.sigma_px)])),
            Self::Noise(noise) => ("noise", named(&[("sigma", noise.sigma)])),
        }
    }

    /// The last part of a task's name.
    pub(super) fn name(&self) -> String {
        match self {
            Self::RotateDeg(angle) => format!("rotated-{angle}"),
            Self::Cutdiff(patch) => format!("cutdiff-{}", patch.area),
            Self::Blur(blur) => format!("blur-{}", blur.sigma_px),
            Self::Noise(noise) => format!("noise-{}", noise.sigma),
        }
    }
}

/// What is said of the images after the name of their class.
impl fmt::Display for Planted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RotateDeg(angle) => write!(f, "turned by {angle} degrees"),
            Self::Cutdiff(patch) => write!(f, "with a patch of {} of the image", patch.area),
            Self::Blur(blur) => write!(f, "blurred by {} pixels", blur.sigma_px),
            Self::Noise(noise) => write!(f, "with noise of {}", noise.sigma),
        }
    }
}
