//! The detector: an embedding f: image -> z [h] and a head g: z -> logit, as functions of explicit parameters
//! (docs/method.md, "Detector").

mod layers;
mod params;
mod pretrained;
mod resnet;
#[cfg(test)]
mod tests;
mod tiny;

use tch::{Device, Kind, Reduction, Tensor};

pub(crate) use params::names;
pub use params::{Init, Layout, NamedTensors, Params, ParamsError, Slot, Stats};
pub use pretrained::{WeightsError, load_weights};
pub use resnet::{Embedding, ResNetConfig, Stem};
pub use tiny::TinyConfig;

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
    network: Network,
    frozen: Option<Frozen>,
}

/// The parts of a ResNet, from the stem on, that are never trained.
#[derive(Debug)]
struct Frozen {
    /// 1 is the stem alone.
    parts: usize,
    /// The network's running statistics, of which those of the frozen parts never change.
    stats: Stats,
}

#[derive(Debug)]
enum Network {
    Tiny(tiny::Tiny),
    ResNet(resnet::ResNet),
}

impl Detector {
    pub fn tiny(config: TinyConfig) -> Self {
        let mut layout = Layout::default();
        let network = Network::Tiny(tiny::Tiny::new(&mut layout, config));
        Self {
            layout,
            network,
            frozen: None,
        }
    }

    pub fn resnet(config: &ResNetConfig) -> Self {
        let mut layout = Layout::default();
        let network = Network::ResNet(resnet::ResNet::new(&mut layout, config));
        Self {
            layout,
            network,
            frozen: None,
        }
    }

    /// Names, shapes and initial distributions of all tensors.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How many of the parameters, from the first, belong to the embedding; the others are the head's.
    pub fn embedding_params(&self) -> usize {
        let head = match self.network {
            Network::Tiny(_) => tiny::Tiny::HEAD,
            Network::ResNet(_) => resnet::ResNet::HEAD,
        };
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
        match (&self.network, &self.frozen) {
            (Network::ResNet(net), Some(frozen)) => net.params_of(frozen.parts),
            _ => 0,
        }
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
        Ok(params::gather(&self.layout.params, kind, device, find)?.leaves())
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
        match &self.network {
            Network::Tiny(net) => net.embed(params, x),
            Network::ResNet(net) => net.embed(params, x, mode, self.frozen.as_ref()),
        }
    }

    /// Embeddings and logits of x [N, C, H, W], already normalised.
    pub fn forward(&self, params: &Params, x: &Tensor, mode: &Mode) -> Output {
        let z = self.embed(params, x, mode);
        let logit = match &self.network {
            Network::Tiny(net) => net.head(params, &z),
            Network::ResNet(net) => net.head(params, &z),
        };
        Output { z, logit }
    }

    /// Training loss L_trn: mean binary cross-entropy of telling x (label 0) from x_aug (label 1), both [B, C, H, W],
    /// in one pass over both (docs/method.md, "Detector").
    pub fn training_loss(&self, params: &Params, x: &Tensor, x_aug: &Tensor, mode: &Mode) -> Tensor {
        let logit = self.forward(params, &Tensor::cat(&[x, x_aug], 0), mode).logit;
        let options = (logit.kind(), logit.device());
        let label = Tensor::cat(
            &[
                Tensor::zeros([x.size()[0]], options),
                Tensor::ones([x_aug.size()[0]], options),
            ],
            0,
        );
        logit.binary_cross_entropy_with_logits(&label, None::<Tensor>, None::<Tensor>, Reduction::Mean)
    }
}
