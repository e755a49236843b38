//! The detector: an embedding f: image -> z [h] and a head g: z -> logit, as functions of explicit parameters
//! (docs/method.md, "Detector").

mod linear;
mod memory_format;
mod norm;
mod params;
mod passes;
mod pretrained;
mod program;
mod resnet;
mod slots;
mod step;
#[cfg(test)]
mod tests;
mod theta;
mod tiny;
mod unit;

use tch::{Device, Kind, Tensor};

pub use memory_format::MemoryFormat;
pub(crate) use params::names;
pub use params::{Init, Layout, NamedTensors, Params, ParamsError, Slot, Stats};
pub use pretrained::{WeightsError, load_weights};
pub use resnet::{Embedding, ResNetConfig, Stem};
pub use slots::Rows;
pub use step::{TrainingPass, ValidationPass};
pub use theta::{Theta, VirtualStep};
pub use tiny::TinyConfig;

use crate::ablation::{Idea, leaves_out};
use program::{Keep, Place, Program};

/// Where batch normalisation takes its statistics from.
#[derive(Debug)]
pub enum Mode<'a> {
    /// From the batch; the running statistics are left alone (virtual step, validation pass).
    Train,
    /// From the batch, and the running statistics follow it with momentum 0.1 (the step of theta).
    Track(&'a mut Stats),
    /// From the running statistics (after training).
    Eval(&'a Stats),
}

/// What the detector says of N images.
#[derive(Debug)]
pub struct Output {
    /// Embeddings [N, h].
    pub z: Tensor,
    /// Logits [N]; high means "augmented".
    pub logit: Tensor,
}

/// A network without its parameters.
#[derive(Debug)]
pub struct Detector {
    layout: Layout,
    /// Ends with the logit [N, 1].
    program: Program,
    /// Where the program has z [N, h].
    embedding: Place,
    /// Parameters of the stem, then of each stage; a network that can't be frozen has none.
    part_params: Vec<usize>,
    frozen: Option<Frozen>,
    /// What every layer's channels are a multiple of.
    width: i64,
    /// The order that somebody asked for.
    memory_format: Option<MemoryFormat>,
}

/// The parts of a ResNet, from the stem on, that are never trained.
#[derive(Debug)]
struct Frozen {
    /// 1 is the stem alone.
    parts: usize,
    /// The network's running statistics, of which those of the frozen parts never change.
    stats: Stats,
}

impl Detector {
    pub fn tiny(config: TinyConfig) -> Self {
        let mut layout = Layout::default();
        let parts = tiny::build(&mut layout, config);
        Self::new(layout, parts, 1)
    }

    pub fn resnet(config: &ResNetConfig) -> Self {
        let mut layout = Layout::default();
        let parts = resnet::build(&mut layout, config);
        Self::new(layout, parts, config.width)
    }

    fn new(layout: Layout, mut parts: resnet::Parts, width: i64) -> Self {
        parts.program.hold(parts.embedding);
        Self {
            layout,
            program: parts.program,
            embedding: parts.embedding,
            part_params: parts.part_params,
            frozen: None,
            width,
            memory_format: None,
        }
    }

    /// Computes in this order, for whoever compares both: to be said before parameters are made, which then lie so too. Images may
    /// come in any.
    pub fn set_memory_format(&mut self, memory_format: MemoryFormat) {
        self.memory_format = Some(memory_format);
    }

    /// Names, shapes and initial distributions of all tensors.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How many of the parameters, from the first, belong to the embedding; the others are the head's.
    pub fn embedding_params(&self) -> usize {
        let head: usize = self.program.nodes[self.embedding + 1..]
            .iter()
            .map(|node| node.op.params().len())
            .sum();
        self.layout.params.len() - head
    }

    /// Freezes the first `parts` parts of a ResNet: the stem, then the stages. Their parameters get no gradient, and
    /// their batch normalisation takes its statistics from `stats` in every mode. Other networks have no parts.
    pub fn freeze(&mut self, parts: usize, stats: &Stats) {
        let shared = stats.tensors().iter().map(Tensor::shallow_clone).collect();
        let stats = stats.with(shared);
        self.frozen = (parts > 0).then_some(Frozen { parts, stats });
    }

    /// How many of the parameters, from the first, are frozen.
    pub fn frozen_params(&self) -> usize {
        let parts = self.frozen.as_ref().map_or(0, |frozen| frozen.parts);
        self.part_params.iter().take(parts).sum()
    }

    /// Leaves that share these parameters' storage; those that are trained ask for gradients.
    pub fn leaves(&self, params: &Params) -> Params {
        let frozen = self.frozen_params();
        let leaf = |(i, t): (usize, &Tensor)| t.detach().set_requires_grad(i >= frozen);
        params.with(params.tensors().iter().enumerate().map(leaf).collect())
    }

    /// The parameters that are trained, by name.
    pub fn trainable<'a>(&self, params: &'a Params) -> impl Iterator<Item = (&'a str, &'a Tensor)> {
        params.iter().skip(self.frozen_params())
    }

    /// Parameters found by name, as leaves that ask for gradients.
    ///
    /// # Errors
    /// A tensor that is missing or has another shape than the layout says.
    pub fn params(
        &self,
        kind: Kind,
        device: Device,
        find: impl FnMut(&str) -> Option<Tensor>,
    ) -> Result<Params, ParamsError> {
        let params = params::gather(&self.layout.params, kind, device, find)?;
        Ok(self.laid_out(&params).leaves())
    }

    /// The same parameters as they lie best in memory: a convolution's weights like its images, wherever those always lie so,
    /// or every pass would copy them.
    pub(crate) fn laid_out(&self, params: &Params) -> Params {
        if leaves_out(Idea::LaidOut) {
            return params.with(params.tensors().iter().map(Tensor::shallow_clone).collect());
        }
        let format = self.memory_format.unwrap_or_else(|| MemoryFormat::of_all(self.width));
        let laid_out = |t: &Tensor| match t.dim() {
            4 => format.of(&t.detach()),
            _ => t.shallow_clone(),
        };
        params.with(params.tensors().iter().map(laid_out).collect())
    }

    /// Running statistics found by name.
    ///
    /// # Errors
    /// As [`Detector::params`].
    pub fn stats(
        &self,
        kind: Kind,
        device: Device,
        find: impl FnMut(&str) -> Option<Tensor>,
    ) -> Result<Stats, ParamsError> {
        params::gather(&self.layout.stats, kind, device, find)
    }

    /// Embeddings of x [N, C, H, W], already normalised: z [N, h].
    pub fn embed(&self, params: &Params, x: &Tensor, mode: &Mode) -> Tensor {
        self.run(&params.into(), x, self.embedding, mode, Keep::Nothing).0
    }

    /// Embeddings and logits of x [N, C, H, W], already normalised.
    pub fn forward(&self, params: &Params, x: &Tensor, mode: &Mode) -> Output {
        let (logit, tape) = self.run(&params.into(), x, self.logit(), mode, Keep::Nothing);
        Output {
            z: tape.out(self.embedding).shallow_clone(),
            logit: logit.squeeze_dim(1),
        }
    }
}
