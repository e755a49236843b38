//! Brightness and contrast of any image, hue and saturation of colour images.

use augur_core::spec::{BrightnessContrastSpec, HueSaturationSpec, Parameter};
use tch::Tensor;

use super::{AugmentError, Augmentation, Draw, values};

/// y = clamp(mean + contrast (x - mean) + brightness, 0, 1), with the mean over all pixels and channels of the image.
impl Augmentation for BrightnessContrastSpec {
    fn name(&self) -> &'static str {
        "brightness_contrast"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, _draw: &Draw) -> Tensor {
        let a = values(&self.parameters(), raw, x);
        let mean = x.mean_dim([1i64, 2, 3].as_slice(), true, x.kind());
        let y = &mean + &a[1] * (x - &mean) + &a[0];
        y.clamp(0.0, 1.0)
    }
}

/// y = clamp(grey + saturation R (x - grey), 0, 1), with grey = (r + g + b) / 3 and R the rotation of colour space about
/// its grey axis (1, 1, 1) by `hue_deg`: for the chroma v = x - grey, which is orthogonal to that axis k (of length 1),
/// R v = cos v + sin (k x v).
impl Augmentation for HueSaturationSpec {
    fn name(&self) -> &'static str {
        "hue_saturation"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn accepts(&self, channels: i64) -> Result<(), AugmentError> {
        let family = Augmentation::name(self);
        match channels {
            3 => Ok(()),
            _ => Err(AugmentError::NotColour { family, channels }),
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, _draw: &Draw) -> Tensor {
        let a = values(&self.parameters(), raw, x);
        let (hue, saturation) = (&a[0], &a[1]);
        let grey = x.mean_dim([1i64].as_slice(), true, x.kind());
        let chroma = x - &grey;
        // (b - g, r - b, g - r): the channels moved on by one or by two.
        let across = (chroma.roll([1], [1]) - chroma.roll([2], [1])) / 3.0_f64.sqrt();
        let turned = hue.cos() * &chroma + hue.sin() * across;
        (grey + saturation * turned).clamp(0.0, 1.0)
    }
}
