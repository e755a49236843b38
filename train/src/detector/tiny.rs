//! The plain two-convolution network: small enough to follow by hand, used by tests and golden cases.

use tch::{Kind, Tensor};

use super::layers::{Conv, ConvShape, Linear};
use super::params::{Layout, Params};

/// The size of a tiny network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TinyConfig {
    /// Channels of an image.
    pub channels: i64,
    /// Output channels of the first and of the second convolution; the second is h.
    pub widths: [i64; 2],
}

/// conv1 3x3 - ReLU - conv2 3x3 stride 2 - ReLU - mean over positions; logit = fc(z).
#[derive(Debug)]
pub(super) struct Tiny {
    conv1: Conv,
    conv2: Conv,
    fc: Linear,
}

impl Tiny {
    pub(super) fn new(layout: &mut Layout, config: TinyConfig) -> Self {
        let [first, second] = config.widths;
        let shape = |from, to, stride| ConvShape {
            from,
            to,
            kernel: 3,
            stride,
            padding: 1,
        };
        Self {
            conv1: Conv::with_bias(layout, "conv1", shape(config.channels, first, 1)),
            conv2: Conv::with_bias(layout, "conv2", shape(first, second, 2)),
            fc: Linear::new(layout, "fc", second, 1),
        }
    }

    /// Parameters of the head: fc.weight and fc.bias.
    pub(super) const HEAD: usize = 2;

    /// x [N, C, H, W] -> z [N, h]
    pub(super) fn embed(&self, params: &Params, x: &Tensor) -> Tensor {
        let x = self.conv1.forward(params, x).relu();
        let x = self.conv2.forward(params, &x).relu();
        x.mean_dim([2i64, 3].as_slice(), false, None::<Kind>)
    }

    /// z [N, h] -> logit [N]
    pub(super) fn head(&self, params: &Params, z: &Tensor) -> Tensor {
        self.fc.forward(params, z).squeeze_dim(1)
    }
}
