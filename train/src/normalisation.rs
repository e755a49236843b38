//! Normalisation of images, applied after the augmentation (docs/method.md, "Detector").

use augur_core::spec::ImageNormalisation;
use tch::{Device, Kind, Tensor};

/// A channel that never changes is divided by this.
const SMALLEST_STD: f64 = 1e-6;
/// The least deviation of a pixel, as a share of the root mean square deviation of all pixels of its channel: a pixel
/// that hardly ever changes, such as a dark border, mustn't outweigh the others where an augmentation reaches it.
const PIXEL_FLOOR: f64 = 0.25;
/// ImageNet's mean and standard deviation of red, green and blue.
const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f64; 3] = [0.229, 0.224, 0.225];

/// (x - mean) / std, by channel or by pixel.
#[derive(Debug)]
pub struct Normalisation {
    /// [1, C, 1, 1] or [1, C, H, W]
    mean: Tensor,
    inverse_std: Tensor,
}

/// A saved normalisation that isn't whole.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the saved normalisation has no tensor {name}: save the model again")]
pub struct MissingTensor {
    pub name: &'static str,
}

impl Normalisation {
    /// The one that a spec asks for, from the training images x [N, C, H, W], of their kind and on their device.
    pub fn from_spec(spec: ImageNormalisation, x: &Tensor) -> Self {
        let channels = x.size()[1] as usize;
        match spec {
            ImageNormalisation::Channel => Self::of(x),
            ImageNormalisation::Pixel => Self::of_pixels(x),
            ImageNormalisation::Imagenet => Self::imagenet(channels, x.kind(), x.device()),
            ImageNormalisation::None => Self::new(&vec![0.0; channels], &vec![1.0; channels], x.kind(), x.device()),
        }
    }

    /// From the mean and standard deviation of each channel.
    pub fn new(mean: &[f64], std: &[f64], kind: Kind, device: Device) -> Self {
        let plane = |values: &[f64]| {
            let shape = [1, values.len() as i64, 1, 1];
            Tensor::from_slice(values).view(shape).to_kind(kind).to_device(device)
        };
        let inverse: Vec<f64> = std.iter().map(|s| 1.0 / s).collect();
        Self {
            mean: plane(mean),
            inverse_std: plane(&inverse),
        }
    }

    /// From the channels of x [N, C, H, W], of its kind and on its device.
    pub fn of(x: &Tensor) -> Self {
        let dims = [0i64, 2, 3];
        let wide = x.to_kind(Kind::Double);
        let std = wide.std_dim(dims.as_slice(), false, true).clamp_min(SMALLEST_STD);
        Self {
            mean: wide.mean_dim(dims.as_slice(), true, Kind::Double).to_kind(x.kind()),
            inverse_std: std.reciprocal().to_kind(x.kind()),
        }
    }

    /// From each pixel of x [N, C, H, W]: a layout that all images share is taken out.
    pub fn of_pixels(x: &Tensor) -> Self {
        let wide = x.to_kind(Kind::Double);
        let variance = wide.var_dim(0, false, true);
        let typical = variance.mean_dim([2i64, 3].as_slice(), true, Kind::Double).sqrt();
        let std = variance
            .sqrt()
            .maximum(&(typical * PIXEL_FLOOR))
            .clamp_min(SMALLEST_STD);
        Self {
            mean: wide.mean_dim(0, true, Kind::Double).to_kind(x.kind()),
            inverse_std: std.reciprocal().to_kind(x.kind()),
        }
    }

    /// ImageNet's; a single channel gets the mean of the three.
    fn imagenet(channels: usize, kind: Kind, device: Device) -> Self {
        if channels == 3 {
            return Self::new(&IMAGENET_MEAN, &IMAGENET_STD, kind, device);
        }
        let mean = |values: [f64; 3]| vec![values.iter().sum::<f64>() / 3.0; channels];
        Self::new(&mean(IMAGENET_MEAN), &mean(IMAGENET_STD), kind, device)
    }

    /// (x - mean) / std for x [N, C, H, W].
    pub fn apply(&self, x: &Tensor) -> Tensor {
        (x - &self.mean) * &self.inverse_std
    }

    /// What it computes with, by name.
    pub fn tensors(&self) -> Vec<(&'static str, Tensor)> {
        vec![
            ("mean", self.mean.shallow_clone()),
            ("inverse_std", self.inverse_std.shallow_clone()),
        ]
    }

    /// From what [`Normalisation::tensors`] gave, found by name.
    ///
    /// # Errors
    /// A tensor that is missing.
    pub fn from_tensors(find: impl Fn(&str) -> Option<Tensor>) -> Result<Self, MissingTensor> {
        let take = |name| find(name).ok_or(MissingTensor { name });
        Ok(Self {
            mean: take("mean")?,
            inverse_std: take("inverse_std")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{difference, noise};

    #[test]
    fn a_shared_layout_is_taken_out_by_pixels_alone() {
        let x = noise(&[40, 2, 5, 4], 1.0) * 0.1;
        let layout = noise(&[1, 2, 5, 4], 2.0);
        let with = &x + &layout;
        let apply = |spec, x: &Tensor| Normalisation::from_spec(spec, x).apply(x);
        let pixel = |x| apply(ImageNormalisation::Pixel, x);
        assert!(difference(&pixel(&with), &pixel(&x)) < 1e-9);
        let channel = |x| apply(ImageNormalisation::Channel, x);
        assert!(difference(&channel(&with), &channel(&x)) > 0.1);
        assert!(pixel(&with).mean_dim(0, false, None).abs().max().double_value(&[]) < 1e-9);
    }

    #[test]
    fn a_pixel_that_never_changes_does_not_explode() {
        let mut x = noise(&[40, 1, 4, 4], 1.0);
        let _ = x.narrow(2, 0, 1).fill_(0.0);
        let normalisation = Normalisation::of_pixels(&x);
        x += 1.0;
        let largest = normalisation.apply(&x).abs().max().double_value(&[]);
        assert!(largest < 20.0, "{largest}");
    }

    #[test]
    fn imagenet_and_none_are_constants() {
        let x = noise(&[3, 3, 2, 2], 1.0);
        assert_eq!(Normalisation::from_spec(ImageNormalisation::None, &x).apply(&x), x);
        let y = Normalisation::from_spec(ImageNormalisation::Imagenet, &x).apply(&x);
        let green = (x.double_value(&[1, 1, 0, 1]) - 0.456) / 0.224;
        assert!((y.double_value(&[1, 1, 0, 1]) - green).abs() < 1e-12);
        let grey = x.narrow(1, 0, 1);
        let y = Normalisation::from_spec(ImageNormalisation::Imagenet, &grey).apply(&grey);
        let want = (grey.double_value(&[0, 0, 1, 1]) - 0.449) / 0.226;
        assert!((y.double_value(&[0, 0, 1, 1]) - want).abs() < 1e-12);
    }

    #[test]
    fn comes_back_from_its_tensors() {
        let x = noise(&[9, 2, 3, 3], 1.0);
        let saved = Normalisation::of_pixels(&x);
        let tensors = saved.tensors();
        let find = |name: &str| tensors.iter().find(|(n, _)| *n == name).map(|(_, t)| t.shallow_clone());
        assert_eq!(Normalisation::from_tensors(find).unwrap().apply(&x), saved.apply(&x));
        assert_eq!(
            Normalisation::from_tensors(|_| None).unwrap_err(),
            MissingTensor { name: "mean" }
        );
    }
}
