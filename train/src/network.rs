//! A detector with everything that it computes with, from images to embeddings and logits.

use std::path::Path;

use augur_core::spec::{self, DetectorSpec};
use rand::Rng;
use tch::{Device, Kind, Tensor};

use crate::detector::{
    Detector, Embedding, Mode, Output, Params, ResNetConfig, Stats, Stem, TinyConfig, WeightsError, load_weights,
};
use crate::init;
use crate::normalisation::Normalisation;

/// Images that go through the network at once; bounds memory.
const CHUNK: i64 = 256;

/// A detector, its parameters and its normalisation.
#[derive(Debug)]
pub struct Network {
    pub detector: Detector,
    /// theta; those that are frozen ask for no gradient.
    pub params: Params,
    pub stats: Stats,
    pub normalisation: Normalisation,
}

impl Network {
    /// The network of a spec before its first step, for images as `normalisation` takes them: weights drawn from `rng`, or
    /// read from the file that the spec names, relative to `base`.
    ///
    /// # Errors
    /// Weights that can't be read or don't fit.
    pub fn new(
        spec: &DetectorSpec,
        channels: i64,
        normalisation: Normalisation,
        base: &Path,
        rng: &mut impl Rng,
        (kind, device): (Kind, Device),
    ) -> Result<Self, WeightsError> {
        let mut detector = detector_of(spec, channels);
        let (mut params, mut stats) = init::draw(&detector, rng, kind, device);
        if let DetectorSpec::Resnet(resnet) = spec {
            if let Some(weights) = &resnet.weights {
                (params, stats) = load_weights(&detector, &params, &stats, &base.join(weights))?;
            }
            detector.freeze(resnet.frozen_stages as usize, &stats);
            params = detector.leaves(&params);
        }
        Ok(Self {
            detector,
            params,
            stats,
            normalisation,
        })
    }

    /// The parameters that are trained.
    pub fn trained(&self) -> &[Tensor] {
        &self.params.tensors()[self.detector.frozen_params()..]
    }

    /// Outputs in evaluation mode for x [N, C, H, W] in [0, 1]. Call it within [`tch::no_grad`].
    pub fn outputs(&self, x: &Tensor) -> Output {
        self.in_chunks(x, CHUNK)
    }

    /// As [`Network::outputs`], slower: the outputs of an image don't depend on its neighbours, to the last bit.
    pub fn outputs_one_by_one(&self, x: &Tensor) -> Output {
        self.in_chunks(x, 1)
    }

    /// As [`Network::outputs`], all images at once.
    pub fn forward(&self, x: &Tensor) -> Output {
        let x = self.normalisation.apply(x);
        self.detector.forward(&self.params, &x, &Mode::Eval(&self.stats))
    }

    fn in_chunks(&self, x: &Tensor, size: i64) -> Output {
        let (mut z, mut logit) = (Vec::new(), Vec::new());
        for chunk in x.split(size, 0) {
            let output = self.forward(&chunk);
            z.push(output.z);
            logit.push(output.logit);
        }
        Output {
            z: Tensor::cat(&z, 0),
            logit: Tensor::cat(&logit, 0),
        }
    }
}

/// The detector of a spec, for images of `channels` channels.
pub fn detector_of(spec: &DetectorSpec, channels: i64) -> Detector {
    match spec {
        DetectorSpec::Tiny(tiny) => {
            let width = i64::from(tiny.width);
            Detector::tiny(TinyConfig {
                channels,
                widths: [width, 2 * width],
            })
        }
        DetectorSpec::Resnet(resnet) => Detector::resnet(&ResNetConfig {
            channels,
            stem: match resnet.stem {
                spec::Stem::Imagenet => Stem::Imagenet,
                spec::Stem::Small => Stem::Small,
            },
            width: resnet.width.into(),
            blocks: resnet.blocks.map(i64::from).to_vec(),
            head: resnet.head.into(),
            embedding: match resnet.embedding {
                spec::Embedding::Last => Embedding::Last,
                spec::Embedding::Stages => Embedding::Stages,
            },
        }),
    }
}
