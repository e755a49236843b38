//! Gaussian blur of the whole image.

use augur_core::spec::{BlurSpec, Parameter};
use tch::Tensor;

use super::geometry::{gaussian_exponent, sides};
use super::{Augmentation, Draw, values};

/// y = K_H x K_W^T for each channel, with K_ij = exp(-(i - j)^2 / (2 sigma^2)) over the pixels j of a side, each row
/// divided by its sum: the support is the whole side, and at the border the weights are those of the pixels there are.
impl Augmentation for BlurSpec {
    fn name(&self) -> &'static str {
        "blur"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, _draw: &Draw) -> Tensor {
        let (rows, columns) = sides(x);
        let sigma = values(&self.parameters(), raw, x).remove(0);
        let kernel = |n: i64| gaussian_exponent(n, &sigma).softmax(-1, x.kind());
        kernel(rows).matmul(x).matmul(&kernel(columns).transpose(-1, -2))
    }
}
