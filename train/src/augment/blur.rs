//! Gaussian blur of the whole image.

use tch::Tensor;

use super::geometry::{gaussian_exponent, sides};
use super::{Augmentation, Bound, Draw, Parameter, named, values};

/// y = K_H x K_W^T for each channel, with K_ij = exp(-(i - j)^2 / (2 sigma^2)) over the pixels j of a side, each row
/// divided by its sum: the support is the whole side, and at the border the weights are those of the pixels there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blur {
    /// Bounds of `sigma_px`, in pixels, above 0. Below a third of a pixel nothing is seen.
    pub sigma_px: (f64, f64),
}

impl Default for Blur {
    fn default() -> Self {
        Self { sigma_px: (0.2, 4.0) }
    }
}

impl Augmentation for Blur {
    fn name(&self) -> &'static str {
        "blur"
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (lo, hi) = self.sigma_px;
        named([("sigma_px", Bound::Between { lo, hi })])
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, _draw: &Draw) -> Tensor {
        let (rows, columns) = sides(x);
        let sigma = values(self, raw, x).remove(0);
        let kernel = |n: i64| gaussian_exponent(n, &sigma).softmax(-1, x.kind());
        let y = kernel(rows).matmul(x).matmul(&kernel(columns).transpose(-1, -2));
        // Weights that sum to 1 only up to rounding must not lead out of the range.
        y.clamp(0.0, 1.0)
    }
}
