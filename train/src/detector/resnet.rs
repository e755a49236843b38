//! ResNet of basic blocks (He et al. 2016) in torchvision's topology and names, scaled by width, blocks and stem,
//! with the method's two-layer head.

use super::linear::Linear;
use super::params::Layout;
use super::program::{Op, Place, Program};
use super::unit::{ConvShape, Unit};

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

/// What a detector is made of: see [`super::Detector`].
pub(super) struct Parts {
    pub program: Program,
    /// Where the program has z [N, h].
    pub embedding: Place,
    /// Parameters of the stem, then of each stage.
    pub part_params: Vec<usize>,
}

/// The program of a ResNet, whose last output is the logit [N, 1].
pub(super) fn build(layout: &mut Layout, config: &ResNetConfig) -> Parts {
    let mut program = Program::default();
    let image = program.push(0, Op::Image);
    let mut x = stem(&mut program, layout, config, image);
    let mut part_params = vec![layout.params.len()];

    let (mut pools, mut from, mut h) = (Vec::new(), config.width, 0);
    for (stage, &count) in config.blocks.iter().enumerate() {
        let to = config.width << stage;
        for block in 0..count {
            let shape = BlockShape {
                from: if block == 0 { from } else { to },
                to,
                stride: if stage > 0 && block == 0 { 2 } else { 1 },
            };
            x = basic_block(
                &mut program,
                layout,
                &format!("layer{}.{block}", stage + 1),
                &shape,
                (stage + 1, x),
            );
        }
        part_params.push(layout.params.len() - part_params.iter().sum::<usize>());
        from = to;
        let last = stage + 1 == config.blocks.len();
        if last || (stage > 0 && config.embedding == Embedding::Stages) {
            pools.push(program.push(stage + 1, Op::MeanPool(x)));
            h += to;
        }
    }
    let part = config.blocks.len() + 1;
    let embedding = match pools[..] {
        [only] => only,
        _ => program.push(part, Op::Concat(pools)),
    };
    let hidden = Linear::new(layout, "head.0", [h, config.head], true);
    let hidden = program.push(part, Op::Linear(hidden, embedding));
    let logit = Linear::new(layout, "head.2", [config.head, 1], false);
    program.push(part, Op::Linear(logit, hidden));
    Parts {
        program,
        embedding,
        part_params,
    }
}

fn stem(program: &mut Program, layout: &mut Layout, config: &ResNetConfig, image: Place) -> Place {
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
    let x = program.push(
        0,
        Op::Unit(Unit::normalised(layout, ["conv1", "bn1"], &shape, true), image),
    );
    match config.stem {
        Stem::Imagenet => program.push(0, Op::MaxPool(x)),
        Stem::Small => x,
    }
}

struct BlockShape {
    from: i64,
    to: i64,
    /// Of the first convolution and the shortcut.
    stride: i64,
}

/// Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes.
fn basic_block(
    program: &mut Program,
    layout: &mut Layout,
    name: &str,
    &BlockShape { from, to, stride }: &BlockShape,
    (part, x): (usize, Place),
) -> Place {
    let shape = |from, kernel, stride| ConvShape {
        from,
        to,
        kernel,
        stride,
        padding: kernel / 2,
    };
    let mut unit = |[conv, norm]: [&str; 2], shape: ConvShape, relu, x| {
        let names = [format!("{name}.{conv}"), format!("{name}.{norm}")];
        let unit = Unit::normalised(layout, [&names[0], &names[1]], &shape, relu);
        program.push(part, Op::Unit(unit, x))
    };
    let y = unit(["conv1", "bn1"], shape(from, 3, stride), true, x);
    let y = unit(["conv2", "bn2"], shape(to, 3, 1), false, y);
    let shortcut = if stride != 1 || from != to {
        unit(["downsample.0", "downsample.1"], shape(from, 1, stride), false, x)
    } else {
        x
    };
    program.push(part, Op::AddRelu([y, shortcut]))
}
