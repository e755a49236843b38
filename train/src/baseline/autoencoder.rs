//! Convolutional autoencoder: trained to give back the training images, it does worse on what they don't show.

use augur_core::spec::AutoencoderSpec;
use rand::Rng;
use tch::{Device, Kind, Tensor};

use super::encoder::{self, Encoder, STAGES, Sizes};
use super::training::{Schedule, Tensors, train};
use super::{Halt, Run, Scorer};
use crate::normalisation::Normalisation;

/// The score of x: the mean over its values of (x - x')^2, with x' its reconstruction.
pub fn fit(run: &mut Run, options: &AutoencoderSpec) -> Result<Scorer, Halt> {
    let sizes = encoder::sizes(&run.images.train, options.width);
    let mut rng = run.draws.weights();
    let encoder = Encoder::new(&sizes, options.latent, &mut rng, run.device);
    let autoencoder = Autoencoder::new(encoder, sizes, options.latent, &mut rng, run);
    let schedule = Schedule {
        after: 0,
        epochs: options.epochs,
        batch: options.batch,
        lr: options.lr,
        weight_decay: 0.0,
    };
    autoencoder.train(run, &schedule)?;
    Ok(Box::new(move |x| Ok(autoencoder.errors(x))))
}

/// An encoder with a decoder that mirrors it.
pub struct Autoencoder {
    normalisation: Normalisation,
    encoder: Encoder,
    sizes: Sizes,
    /// Weight and bias from the bottleneck to the last stage's output.
    linear: (Tensor, Tensor),
    /// Weight [from, to, 3, 3] and bias of each transposed convolution.
    convolutions: Vec<(Tensor, Tensor)>,
}

impl Autoencoder {
    /// An untrained decoder behind `encoder`.
    pub fn new(encoder: Encoder, sizes: Sizes, latent: u32, rng: &mut impl Rng, run: &Run) -> Self {
        let device: Device = run.device;
        let (channels, height, width) = sizes[STAGES];
        let outputs = channels * height * width;
        let latent = i64::from(latent);
        let linear = (
            encoder::weights(&[outputs, latent], latent, 2.0, rng, device),
            encoder::biases(outputs, device),
        );
        let convolutions = sizes.windows(2).rev().map(|pair| {
            let (to, from) = (pair[0].0, pair[1].0);
            // With stride 2, a quarter of the kernel's 9 weights meets each value on average.
            let weight = encoder::weights(&[from, to, 3, 3], (9 * from / 4).max(1), 2.0, rng, device);
            (weight, encoder::biases(to, device))
        });
        Self {
            normalisation: Normalisation::of(&run.images.train),
            convolutions: convolutions.collect(),
            encoder,
            sizes,
            linear,
        }
    }

    /// Minimises the mean squared error over the training images.
    pub fn train(&self, run: &mut Run, schedule: &Schedule) -> Result<(), Halt> {
        let decoder = [&self.linear].into_iter().chain(&self.convolutions);
        let decoder = decoder.flat_map(|(weight, bias)| [weight, bias]);
        let mut params = self.encoder.params();
        params.extend(decoder.map(Tensor::shallow_clone));
        let tensors = Tensors {
            params: &params,
            fixed: &[],
        };
        train(run, schedule, &tensors, &|x| {
            (self.reconstruct(x) - x).square().mean(None::<Kind>)
        })
    }

    /// The encoder, as far as it is trained.
    pub fn into_encoder(self) -> Encoder {
        self.encoder
    }

    /// x [N, C, H, W] in [0, 1] -> the same shape and range
    fn reconstruct(&self, x: &Tensor) -> Tensor {
        let z = self.encoder.forward(&self.normalisation.apply(x));
        let (channels, height, width) = self.sizes[STAGES];
        let (weight, bias) = &self.linear;
        let mut x = z.linear(weight, Some(bias)).view([-1, channels, height, width]);
        for (pair, (weight, bias)) in self.sizes.windows(2).rev().zip(&self.convolutions) {
            // A stage halves both 2n - 1 and 2n to n.
            let ((_, height, width), (_, from_height, from_width)) = (pair[0], pair[1]);
            let extra = [height - (2 * from_height - 1), width - (2 * from_width - 1)];
            x = x
                .leaky_relu()
                .conv_transpose2d(weight, Some(bias), [2, 2], [1, 1], extra, 1, [1, 1]);
        }
        x.sigmoid()
    }

    /// x [N, C, H, W] in [0, 1] -> [N]
    fn errors(&self, x: &Tensor) -> Tensor {
        let errors = (self.reconstruct(x) - x).square().flatten(1, -1);
        errors.mean_dim([1i64].as_slice(), false, Kind::Double)
    }
}
