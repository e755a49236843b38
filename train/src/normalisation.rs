//! Normalisation of images by channel, applied after the augmentation (docs/method.md, "Augmentation families").

use tch::{Device, Kind, Tensor};

/// A channel that never changes is divided by this.
const SMALLEST_STD: f64 = 1e-6;

/// Per-channel normalisation, applied after the augmentation.
#[derive(Debug)]
pub struct Normalisation {
    mean: Tensor,
    inverse_std: Tensor,
}

impl Normalisation {
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

    /// (x - mean) / std for x [N, C, H, W].
    pub fn apply(&self, x: &Tensor) -> Tensor {
        (x - &self.mean) * &self.inverse_std
    }
}
