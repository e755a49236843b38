//! The three layers both networks are made of. A layer knows where its tensors stand in the layout, not their values.

use tch::Tensor;

use super::Mode;
use super::params::{Init, Layout, Params};

/// Batch-norm's constants, as in PyTorch.
const MOMENTUM: f64 = 0.1;
const EPSILON: f64 = 1e-5;

/// A square 2-d convolution.
#[derive(Debug)]
pub(super) struct Conv {
    weight: usize,
    bias: Option<usize>,
    stride: i64,
    padding: i64,
}

/// The shape of a [`Conv`].
pub(super) struct ConvShape {
    pub from: i64,
    pub to: i64,
    pub kernel: i64,
    pub stride: i64,
    pub padding: i64,
}

impl Conv {
    pub(super) fn new(layout: &mut Layout, name: &str, shape: ConvShape) -> Self {
        let size = [shape.to, shape.from, shape.kernel, shape.kernel];
        Self {
            weight: layout.param(format!("{name}.weight"), &size, Init::KaimingNormal),
            bias: None,
            stride: shape.stride,
            padding: shape.padding,
        }
    }

    pub(super) fn with_bias(layout: &mut Layout, name: &str, shape: ConvShape) -> Self {
        let fan_in = shape.from * shape.kernel * shape.kernel;
        let to = shape.to;
        let mut conv = Self::new(layout, name, shape);
        let bias = layout.param(format!("{name}.bias"), &[to], Init::Uniform { fan_in });
        conv.bias = Some(bias);
        conv
    }

    /// x [N, from, H, W] -> [N, to, H', W']
    pub(super) fn forward(&self, params: &Params, x: &Tensor) -> Tensor {
        let bias = self.bias.map(|index| params.at(index));
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        x.conv2d(params.at(self.weight), bias, stride, padding, [1, 1], 1)
    }
}

/// Batch normalisation over [N, H, W] for each channel.
#[derive(Debug)]
pub(super) struct Norm {
    weight: usize,
    bias: usize,
    mean: usize,
    var: usize,
}

impl Norm {
    pub(super) fn new(layout: &mut Layout, name: &str, channels: i64) -> Self {
        let size = [channels];
        Self {
            weight: layout.param(format!("{name}.weight"), &size, Init::Constant(1.0)),
            bias: layout.param(format!("{name}.bias"), &size, Init::Constant(0.0)),
            mean: layout.stat(format!("{name}.running_mean"), &size, 0.0),
            var: layout.stat(format!("{name}.running_var"), &size, 1.0),
        }
    }

    /// x [N, C, H, W] -> [N, C, H, W]
    pub(super) fn forward(&self, params: &Params, x: &Tensor, mode: &Mode) -> Tensor {
        let (stats, training) = match mode {
            Mode::Train => (None, true),
            Mode::Track(stats) => (Some(&**stats), true),
            Mode::Eval(stats) => (Some(*stats), false),
        };
        let mean = stats.map(|s| s.at(self.mean));
        let var = stats.map(|s| s.at(self.var));
        let (weight, bias) = (Some(params.at(self.weight)), Some(params.at(self.bias)));
        x.batch_norm(weight, bias, mean, var, training, MOMENTUM, EPSILON, true)
    }
}

/// An affine map.
#[derive(Debug)]
pub(super) struct Linear {
    weight: usize,
    bias: usize,
}

impl Linear {
    pub(super) fn new(layout: &mut Layout, name: &str, from: i64, to: i64) -> Self {
        let init = Init::Uniform { fan_in: from };
        Self {
            weight: layout.param(format!("{name}.weight"), &[to, from], init),
            bias: layout.param(format!("{name}.bias"), &[to], init),
        }
    }

    /// x [N, from] -> [N, to]
    pub(super) fn forward(&self, params: &Params, x: &Tensor) -> Tensor {
        x.linear(params.at(self.weight), Some(params.at(self.bias)))
    }
}
