//! Options of the global families, which change the whole image (docs/families.md).

use super::{Bound, Form, Parameter, Starts};
use serde::{Deserialize, Serialize};

/// Rotation about the centre, bilinear, align_corners = false: hyperparameter `angle_deg`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RotationSpec {
    /// What lies outside the image.
    pub padding: Padding,
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

/// What is seen where an image has no pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Black.
    #[default]
    Zeros,
    /// The image mirrored at its border.
    Reflection,
}

impl RotationSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("angle_deg", Bound::Angle)]
    }
}

/// Gaussian blur: hyperparameter `sigma_px`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlurSpec {
    /// Bounds of the standard deviation in pixels, at least 0.05. Below a third of a pixel nothing is seen.
    pub sigma_px: [f64; 2],
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

impl Default for BlurSpec {
    fn default() -> Self {
        Self {
            sigma_px: [0.2, 4.0],
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl BlurSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("sigma_px", Bound::size(self.sigma_px))]
    }
}

/// Additive Gaussian noise: hyperparameter `sigma`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoiseSpec {
    /// Bounds of the standard deviation, where images span [0, 1]; at least 0.
    pub sigma: [f64; 2],
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

impl Default for NoiseSpec {
    fn default() -> Self {
        Self {
            sigma: [0.0, 0.5],
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl NoiseSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("sigma", Bound::between(self.sigma))]
    }
}

/// Brightness and contrast: hyperparameters `brightness` (added) and `contrast` (a factor about the image's mean).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrightnessContrastSpec {
    /// Bound of what is added or taken away, where images span [0, 1]; above 0, at most 1.
    pub max_brightness: f64,
    /// Bound of the contrast, which lies between 1 / max_contrast and max_contrast; above 1.
    pub max_contrast: f64,
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

impl Default for BrightnessContrastSpec {
    fn default() -> Self {
        Self {
            max_brightness: 0.5,
            max_contrast: 4.0,
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl BrightnessContrastSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let brightness = Bound::between([-self.max_brightness, self.max_brightness]);
        let contrast = Bound::Factor { max: self.max_contrast };
        vec![
            Parameter::new("brightness", brightness),
            Parameter::new("contrast", contrast),
        ]
    }
}

/// Hue and saturation of colour images: hyperparameters `hue_deg` and `saturation` (a factor).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HueSaturationSpec {
    /// Bound of the saturation, which lies between 1 / max_saturation and max_saturation; above 1.
    pub max_saturation: f64,
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

impl Default for HueSaturationSpec {
    fn default() -> Self {
        Self {
            max_saturation: 4.0,
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl HueSaturationSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let saturation = Bound::Factor {
            max: self.max_saturation,
        };
        vec![
            Parameter::new("hue_deg", Bound::Angle),
            Parameter::new("saturation", saturation),
        ]
    }
}

/// Elastic warp along a smooth random field: hyperparameters `amplitude` and `smoothness_px`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ElasticSpec {
    /// Bounds of the displacement's standard deviation along each axis, as a fraction of the side; 0 to 0.5.
    pub amplitude: [f64; 2],
    /// Bounds of the standard deviation, in pixels, of the Gaussian that makes the field smooth; at least 0.05.
    pub smoothness_px: [f64; 2],
    /// What is done with the hyperparameters.
    pub form: Form,
    /// Starting points.
    #[serde(skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

impl Default for ElasticSpec {
    fn default() -> Self {
        Self {
            amplitude: [0.0, 0.1],
            smoothness_px: [1.0, 8.0],
            form: Form::default(),
            starts: Starts::default(),
        }
    }
}

impl ElasticSpec {
    /// Its hyperparameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::new("amplitude", Bound::between(self.amplitude)),
            Parameter::new("smoothness_px", Bound::size(self.smoothness_px)),
        ]
    }
}
