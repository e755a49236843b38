//! ResNet of basic blocks (He et al. 2016) in torchvision's topology and names, scaled by width, blocks and stem,
//! with the method's two-layer head.

use tch::{Kind, Tensor};

use super::Mode;
use super::layers::{Conv, ConvShape, Linear, Norm};
use super::params::{Layout, Params};

/// How an image enters the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stem {
    /// 7x7 convolution of stride 2, then 3x3 max-pool of stride 2: for images of 64 pixels and more.
    Imagenet,
    /// 3x3 convolution of stride 1, no pool: for small images.
    Small,
}

/// The size of a ResNet. ResNet-18 is `Imagenet`, width 64, blocks [2, 2, 2, 2].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResNetConfig {
    /// Channels of an image.
    pub channels: i64,
    pub stem: Stem,
    /// Channels of the first stage; each further stage doubles them, so h = 8 * width with four stages.
    pub width: i64,
    /// Blocks of each stage.
    pub blocks: Vec<i64>,
    /// Hidden units k of the head.
    pub head: i64,
}

#[derive(Debug)]
pub(super) struct ResNet {
    stem: Stem,
    conv1: Conv,
    bn1: Norm,
    blocks: Vec<BasicBlock>,
    head0: Linear,
    head2: Linear,
}

impl ResNet {
    pub(super) fn new(layout: &mut Layout, config: &ResNetConfig) -> Self {
        let (kernel, stride, padding) = match config.stem {
            Stem::Imagenet => (7, 2, 3),
            Stem::Small => (3, 1, 1),
        };
        let shape = ConvShape {
            from: config.channels,
            to: config.width,
            kernel,
            stride,
            padding,
        };
        let conv1 = Conv::new(layout, "conv1", shape);
        let bn1 = Norm::new(layout, "bn1", config.width);
        let (mut blocks, mut from) = (Vec::new(), config.width);
        for (stage, &count) in config.blocks.iter().enumerate() {
            let to = config.width << stage;
            for block in 0..count {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let name = format!("layer{}.{block}", stage + 1);
                blocks.push(BasicBlock::new(layout, &name, from, to, stride));
                from = to;
            }
        }
        Self {
            stem: config.stem,
            conv1,
            bn1,
            blocks,
            head0: Linear::new(layout, "head.0", from, config.head),
            head2: Linear::new(layout, "head.2", config.head, 1),
        }
    }

    /// Parameters of the head: weight and bias of head.0 and head.2.
    pub(super) const HEAD: usize = 4;

    /// x [N, C, H, W] -> z [N, h]
    pub(super) fn embed(&self, params: &Params, x: &Tensor, mode: &Mode) -> Tensor {
        let x = self.conv1.forward(params, x);
        let mut x = self.bn1.forward(params, &x, mode).relu();
        if self.stem == Stem::Imagenet {
            x = x.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        }
        for block in &self.blocks {
            x = block.forward(params, &x, mode);
        }
        x.mean_dim([2i64, 3].as_slice(), false, None::<Kind>)
    }

    /// z [N, h] -> logit [N]
    pub(super) fn head(&self, params: &Params, z: &Tensor) -> Tensor {
        let hidden = self.head0.forward(params, z).relu();
        self.head2.forward(params, &hidden).squeeze_dim(1)
    }
}

/// Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes.
#[derive(Debug)]
struct BasicBlock {
    conv1: Conv,
    bn1: Norm,
    conv2: Conv,
    bn2: Norm,
    downsample: Option<(Conv, Norm)>,
}

impl BasicBlock {
    fn new(layout: &mut Layout, name: &str, from: i64, to: i64, stride: i64) -> Self {
        let shape = |from, kernel, stride| ConvShape {
            from,
            to,
            kernel,
            stride,
            padding: kernel / 2,
        };
        let conv1 = Conv::new(layout, &format!("{name}.conv1"), shape(from, 3, stride));
        let bn1 = Norm::new(layout, &format!("{name}.bn1"), to);
        let conv2 = Conv::new(layout, &format!("{name}.conv2"), shape(to, 3, 1));
        let bn2 = Norm::new(layout, &format!("{name}.bn2"), to);
        let downsample = (stride != 1 || from != to).then(|| {
            let name = format!("{name}.downsample");
            let conv = Conv::new(layout, &format!("{name}.0"), shape(from, 1, stride));
            (conv, Norm::new(layout, &format!("{name}.1"), to))
        });
        Self {
            conv1,
            bn1,
            conv2,
            bn2,
            downsample,
        }
    }

    fn forward(&self, params: &Params, x: &Tensor, mode: &Mode) -> Tensor {
        let y = self.conv1.forward(params, x);
        let y = self.bn1.forward(params, &y, mode).relu();
        let y = self.conv2.forward(params, &y);
        let y = self.bn2.forward(params, &y, mode);
        match &self.downsample {
            None => (y + x).relu(),
            Some((conv, norm)) => (y + norm.forward(params, &conv.forward(params, x), mode)).relu(),
        }
    }
}
