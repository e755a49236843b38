//! The plain two-convolution network: small enough to follow by hand, used by tests and golden cases.

use super::linear::Linear;
use super::params::Layout;
use super::program::{Op, Program};
use super::resnet::Parts;
use super::unit::{ConvShape, Unit};

/// The size of a tiny network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TinyConfig {
    /// Channels of an image.
    pub channels: i64,
    /// Output channels of the first and of the second convolution; the second is h.
    pub widths: [i64; 2],
}

/// conv1 3x3 - ReLU - conv2 3x3 stride 2 - ReLU - mean over positions; logit = fc(z).
pub(super) fn build(layout: &mut Layout, config: TinyConfig) -> Parts {
    let [first, second] = config.widths;
    let shape = |from, to, stride| ConvShape {
        from,
        to,
        kernel: 3,
        stride,
        padding: 1,
    };
    let mut program = Program::default();
    let image = program.push(0, Op::Image);
    let conv1 = Unit::biased(layout, "conv1", &shape(config.channels, first, 1), true);
    let x = program.push(0, Op::Unit(conv1, image));
    let conv2 = Unit::biased(layout, "conv2", &shape(first, second, 2), true);
    let x = program.push(0, Op::Unit(conv2, x));
    let embedding = program.push(0, Op::MeanPool(x));
    let fc = Linear::new(layout, "fc", [second, 1], false);
    program.push(0, Op::Linear(fc, embedding));
    Parts {
        program,
        embedding,
        part_params: Vec::new(),
    }
}
