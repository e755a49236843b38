//! The convolutional encoder that autoencoder and Deep SVDD share. It has no bias terms: with them, a one-class network
//! could map every image to its centre (Ruff et al. 2018, proposition 2).

use rand::Rng;
use rand_distr::StandardNormal;
use tch::{Device, Kind, Tensor};

use crate::trial::KIND;

/// Convolutions, each of which halves the image.
pub const STAGES: usize = 3;

/// Three 3x3 convolutions of stride 2 with leaky ReLUs, then a linear map to the bottleneck.
pub struct Encoder {
    /// [to, from, 3, 3] each
    convolutions: Vec<Tensor>,
    /// [latent, 4 * width * H' * W']
    linear: Tensor,
}

/// (channels, height, width) of an image and of each stage's output.
pub type Sizes = [(i64, i64, i64); STAGES + 1];

/// What the stages make of images [N, C, H, W] with `width` channels after the first.
pub fn sizes(x: &Tensor, width: u32) -> Sizes {
    let shape = x.size();
    let mut sizes = [(shape[1], shape[2], shape[3]); STAGES + 1];
    for stage in 0..STAGES {
        let (_, height, across) = sizes[stage];
        sizes[stage + 1] = (i64::from(width) << stage, (height + 1) / 2, (across + 1) / 2);
    }
    sizes
}

impl Encoder {
    /// An untrained encoder; `rng` draws its weights.
    pub fn new(sizes: &Sizes, latent: u32, rng: &mut impl Rng, device: Device) -> Self {
        let convolution = |pair: &[(i64, i64, i64)], rng: &mut _| {
            let (from, to) = (pair[0].0, pair[1].0);
            weights(&[to, from, 3, 3], 9 * from, 2.0, rng, device)
        };
        let (channels, height, width) = sizes[STAGES];
        let inputs = channels * height * width;
        Self {
            convolutions: sizes.windows(2).map(|pair| convolution(pair, rng)).collect(),
            linear: weights(&[latent.into(), inputs], inputs, 1.0, rng, device),
        }
    }

    /// Images [N, C, H, W], already normalised -> [N, latent]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let mut x = x.shallow_clone();
        for weight in &self.convolutions {
            x = x.conv2d(weight, None::<Tensor>, [2, 2], [1, 1], [1, 1], 1).leaky_relu();
        }
        x.flatten(1, -1).linear(&self.linear, None::<Tensor>)
    }

    /// The weights, sharing storage with the encoder's.
    pub fn params(&self) -> Vec<Tensor> {
        let params = self.convolutions.iter().chain([&self.linear]);
        params.map(Tensor::shallow_clone).collect()
    }
}

/// Weights that are normal with variance gain / fan_in (He et al. 2015), drawn in double precision: a leaf that asks for
/// gradients.
pub fn weights(shape: &[i64], fan_in: i64, gain: f64, rng: &mut impl Rng, device: Device) -> Tensor {
    let deviation = (gain / fan_in as f64).sqrt();
    let count = shape.iter().product::<i64>();
    let values: Vec<f64> = (0..count)
        .map(|_| deviation * rng.sample::<f64, _>(StandardNormal))
        .collect();
    leaf(&Tensor::from_slice(&values).view(shape), device)
}

/// Bias terms that start at 0: a leaf that asks for gradients.
pub fn biases(count: i64, device: Device) -> Tensor {
    leaf(&Tensor::zeros([count], (Kind::Double, Device::Cpu)), device)
}

fn leaf(values: &Tensor, device: Device) -> Tensor {
    values.to_kind(KIND).to_device(device).set_requires_grad(true)
}
