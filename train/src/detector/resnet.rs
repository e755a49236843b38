//! ResNet of basic blocks (He et al. 2016) in torchvision's topology and names, scaled by width, blocks and stem,
//! with the method's two-layer head.

use tch::{Kind, Tensor};

use super::layers::{Conv, ConvShape, Linear, Norm};
use super::params::{Layout, Params};
use super::{Frozen, Mode};

/// How an image enters the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stem {
    /// 7x7 convolution of stride 2, then 3x3 max-pool of stride 2: for images of 64 pixels and more.
    Imagenet,
    /// 3x3 convolution of stride 1, no pool: for small images.
    Small,
}

/// Which stages the embedding is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedding {
    /// The global average pool of the last stage.
    Last,
    /// The global average pools of the second and every later stage, one after another.
    Stages,
}

/// The size of a ResNet. ResNet-18 is `Imagenet`, width 64, blocks [2, 2, 2, 2].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResNetConfig {
    /// Channels of an image.
    pub channels: i64,
    pub stem: Stem,
    /// Channels of the first stage; each further stage doubles them. With four stages h = 8 * width, or 14 * width
    /// where the embedding is made of several stages.
    pub width: i64,
    /// Blocks of each stage.
    pub blocks: Vec<i64>,
    /// Hidden units k of the head.
    pub head: i64,
    pub embedding: Embedding,
}

#[derive(Debug)]
pub(super) struct ResNet {
    stem: Stem,
    embedding: Embedding,
    conv1: Conv,
    bn1: Norm,
    stages: Vec<Vec<BasicBlock>>,
    /// Parameters of the stem, then of each stage.
    part_params: Vec<usize>,
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
        let mut part_params = vec![layout.params.len()];
        let (mut stages, mut from, mut h) = (Vec::new(), config.width, 0);
        for (stage, &count) in config.blocks.iter().enumerate() {
            let to = config.width << stage;
            let block = |block: i64| {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let name = format!("layer{}.{block}", stage + 1);
                let from = if block == 0 { from } else { to };
                BasicBlock::new(layout, &name, from, to, stride)
            };
            stages.push((0..count).map(block).collect());
            part_params.push(layout.params.len() - part_params.iter().sum::<usize>());
            from = to;
            h += if stage > 0 { to } else { 0 };
        }
        let h = match config.embedding {
            Embedding::Last => from,
            Embedding::Stages => h,
        };
        Self {
            stem: config.stem,
            embedding: config.embedding,
            conv1,
            bn1,
            stages,
            part_params,
            head0: Linear::new(layout, "head.0", h, config.head),
            head2: Linear::new(layout, "head.2", config.head, 1),
        }
    }

    /// Parameters of the head: weight and bias of head.0 and head.2.
    pub(super) const HEAD: usize = 4;

    /// Parameters of the first `parts` parts, which are the stem and the stages.
    pub(super) fn params_of(&self, parts: usize) -> usize {
        self.part_params.iter().take(parts).sum()
    }

    /// x [N, C, H, W] -> z [N, h]. Frozen parts normalise their batches by `frozen`'s statistics whatever the mode.
    pub(super) fn embed(&self, params: &Params, x: &Tensor, mode: &Mode, frozen: Option<&Frozen>) -> Tensor {
        let held = frozen.map(|frozen| (Mode::Eval(&frozen.stats), frozen.parts));
        let mode_of = |part: usize| match &held {
            Some((eval, parts)) if part < *parts => eval,
            _ => mode,
        };
        let x = self.conv1.forward(params, x);
        let mut x = self.bn1.forward(params, &x, mode_of(0)).relu();
        if self.stem == Stem::Imagenet {
            x = x.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        }
        let mut pools = Vec::new();
        for (stage, blocks) in self.stages.iter().enumerate() {
            for block in blocks {
                x = block.forward(params, &x, mode_of(stage + 1));
            }
            let last = stage + 1 == self.stages.len();
            if last || (stage > 0 && self.embedding == Embedding::Stages) {
                pools.push(x.mean_dim([2i64, 3].as_slice(), false, None::<Kind>));
            }
        }
        if pools.len() == 1 {
            pools.remove(0)
        } else {
            Tensor::cat(&pools, 1)
        }
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
