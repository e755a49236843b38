//! Normalisation of images, applied after the augmentation (docs/method.md, "Detector").

mod layout;

use augur_core::spec::{ImageNormalisation, TrainingAugmentation, TrainingSpec};
use tch::{Device, Kind, Tensor};

use layout::Layout;
pub use layout::TooManyComponents;
pub(crate) use layout::standardised;

/// A channel that never changes is divided by this.
const SMALLEST_STD: f64 = 1e-6;
/// The least deviation of a pixel, as a share of the root mean square deviation of all pixels of its channel: a pixel
/// that hardly ever changes, such as a dark border, mustn't outweigh the others where an augmentation reaches it.
const PIXEL_FLOOR: f64 = 0.25;
/// ImageNet's mean and standard deviation of red, green and blue.
const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f64; 3] = [0.229, 0.224, 0.225];

/// A fixed map from images in [0, 1] to what the detector sees.
#[derive(Debug)]
pub struct Normalisation(Map);

#[derive(Debug)]
enum Map {
    /// (x - mean) / std, by channel or by pixel.
    Affine {
        /// [1, C, 1, 1] or [1, C, H, W]
        mean: Tensor,
        inverse_std: Tensor,
    },
    /// What all training images share is taken out.
    Layout(Layout),
}

/// Images x [N, C, H, W], followed by their mirror images as far as training mirrors them.
pub(crate) fn mirrored(spec: &TrainingAugmentation, x: &Tensor) -> Tensor {
    let mut images = x.shallow_clone();
    for (flips, dim) in [(spec.flip_vertical, 2i64), (spec.flip_horizontal, 3)] {
        if flips {
            images = Tensor::cat(&[&images, &images.flip([dim])], 0);
        }
    }
    images
}

/// A saved normalisation that isn't whole.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the saved normalisation has no tensor {name}: save the model again")]
pub struct MissingTensor {
    pub name: &'static str,
}

impl Normalisation {
    /// The one that a spec asks for, from the training images x [N, C, H, W], of their kind and on their device.
    ///
    /// # Errors
    /// A layout of more components than the images can tell.
    pub fn from_spec(spec: ImageNormalisation, x: &Tensor) -> Result<Self, TooManyComponents> {
        let channels = x.size()[1] as usize;
        Ok(match spec {
            ImageNormalisation::Channel => Self::of(x),
            ImageNormalisation::Pixel => Self::of_pixels(x),
            ImageNormalisation::Imagenet => Self::imagenet(channels, x.kind(), x.device()),
            ImageNormalisation::Layout(layout) => {
                Self(Map::Layout(Layout::fit(x, layout.contrast, layout.components)?))
            }
            ImageNormalisation::None => Self::new(&vec![0.0; channels], &vec![1.0; channels], x.kind(), x.device()),
        })
    }

    /// The one that a trial's spec asks for. One by place is also that of the mirror images, where training mirrors
    /// images.
    ///
    /// # Errors
    /// As [`Normalisation::from_spec`].
    pub fn for_training(spec: &TrainingSpec, x: &Tensor) -> Result<Self, TooManyComponents> {
        match spec.normalisation {
            by_place @ (ImageNormalisation::Pixel | ImageNormalisation::Layout(_)) => {
                Self::from_spec(by_place, &mirrored(&spec.augmentation, x))
            }
            other => Self::from_spec(other, x),
        }
    }

    /// From the mean and standard deviation of each channel.
    pub fn new(mean: &[f64], std: &[f64], kind: Kind, device: Device) -> Self {
        let plane = |values: &[f64]| {
            let shape = [1, values.len() as i64, 1, 1];
            Tensor::from_slice(values).view(shape).to_kind(kind).to_device(device)
        };
        let inverse: Vec<f64> = std.iter().map(|s| 1.0 / s).collect();
        Self(Map::Affine {
            mean: plane(mean),
            inverse_std: plane(&inverse),
        })
    }

    /// From the channels of x [N, C, H, W], of its kind and on its device.
    pub fn of(x: &Tensor) -> Self {
        let dims = [0i64, 2, 3];
        let wide = x.to_kind(Kind::Double);
        let std = wide.std_dim(dims.as_slice(), false, true).clamp_min(SMALLEST_STD);
        Self(Map::Affine {
            mean: wide.mean_dim(dims.as_slice(), true, Kind::Double).to_kind(x.kind()),
            inverse_std: std.reciprocal().to_kind(x.kind()),
        })
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
        Self(Map::Affine {
            mean: wide.mean_dim(0, true, Kind::Double).to_kind(x.kind()),
            inverse_std: std.reciprocal().to_kind(x.kind()),
        })
    }

    /// ImageNet's; a single channel gets the mean of the three.
    fn imagenet(channels: usize, kind: Kind, device: Device) -> Self {
        if channels == 3 {
            return Self::new(&IMAGENET_MEAN, &IMAGENET_STD, kind, device);
        }
        let mean = |values: [f64; 3]| vec![values.iter().sum::<f64>() / 3.0; channels];
        Self::new(&mean(IMAGENET_MEAN), &mean(IMAGENET_STD), kind, device)
    }

    /// The normalised images of x [N, C, H, W], in the same shape. Differentiable as often as needed.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        match &self.0 {
            Map::Affine { mean, inverse_std } => (x - mean) * inverse_std,
            Map::Layout(layout) => layout.apply(x),
        }
    }

    /// What it computes with, by name.
    pub fn tensors(&self) -> Vec<(&'static str, Tensor)> {
        let (mean, inverse_std) = match &self.0 {
            Map::Affine { mean, inverse_std } => (mean, inverse_std),
            Map::Layout(layout) => (&layout.mean, &layout.inverse_std),
        };
        let mut tensors = vec![
            ("mean", mean.shallow_clone()),
            ("inverse_std", inverse_std.shallow_clone()),
        ];
        if let Map::Layout(layout) = &self.0 {
            tensors.push(("components", layout.components.shallow_clone()));
        }
        tensors
    }

    /// From what [`Normalisation::tensors`] gave for the same `spec`, found by name.
    ///
    /// # Errors
    /// A tensor that is missing.
    pub fn from_tensors(
        spec: ImageNormalisation,
        find: impl Fn(&str) -> Option<Tensor>,
    ) -> Result<Self, MissingTensor> {
        let take = |name| find(name).ok_or(MissingTensor { name });
        let (mean, inverse_std) = (take("mean")?, take("inverse_std")?);
        Ok(Self(match spec {
            ImageNormalisation::Layout(layout) => Map::Layout(Layout {
                contrast: layout.contrast,
                mean,
                components: take("components")?,
                inverse_std,
            }),
            _ => Map::Affine { mean, inverse_std },
        }))
    }
}

#[cfg(test)]
mod tests;
