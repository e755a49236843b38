//! One-class Deep SVDD (Ruff et al., Deep One-Class Classification, ICML 2018): a network that draws the training
//! images' embeddings to a fixed centre; anomalies stay farther from it.

use augur_core::spec::DeepSvddSpec;
use tch::{Kind, Tensor, no_grad};

use super::autoencoder::Autoencoder;
use super::encoder::{self, Encoder};
use super::training::{Schedule, Tensors, train};
use super::{CHUNK, Halt, Run, Scorer};
use crate::normalisation::Normalisation;

/// No coordinate of the centre is nearer to 0, where a network without bias terms could reach it with weights of 0.
const SMALLEST_COORDINATE: f64 = 0.1;

/// The score of x: ||f(x) - c||^2. The loss is its mean over a batch, plus weight_decay / 2 times the squared norm of
/// the weights (equation 4 there); f starts as the encoder of an autoencoder (section 4.1 there).
pub fn fit(run: &mut Run, options: &DeepSvddSpec) -> Result<Scorer, Halt> {
    let normalisation = Normalisation::of(&run.images.train);
    let encoder = pretrained(run, options)?;
    let centre = no_grad(|| centre(&embeddings(&encoder, &normalisation, &run.images.train)));
    // Shared: a checkpoint has the centre that the encoder had once, and puts it here.
    let fixed = centre.shallow_clone();
    let distances = move |encoder: &Encoder, x: &Tensor| {
        let away = encoder.forward(&normalisation.apply(x)) - &centre;
        away.square().sum_dim_intlist(1, false, None::<Kind>)
    };

    let schedule = Schedule {
        after: options.pretrain_epochs,
        epochs: options.epochs,
        batch: options.batch,
        lr: options.lr,
        weight_decay: options.weight_decay,
    };
    let tensors = Tensors {
        params: &encoder.params(),
        fixed: &[("centre", &fixed)],
    };
    train(run, &schedule, &tensors, &|x| distances(&encoder, x).mean(None::<Kind>))?;
    Ok(Box::new(move |x| Ok(distances(&encoder, x))))
}

/// The encoder that `pretrain_epochs` as part of an autoencoder give.
fn pretrained(run: &mut Run, options: &DeepSvddSpec) -> Result<Encoder, Halt> {
    let sizes = encoder::sizes(&run.images.train, options.width);
    let mut rng = run.draws.weights();
    let encoder = Encoder::new(&sizes, options.latent, &mut rng, run.device);
    let autoencoder = Autoencoder::new(encoder, sizes, options.latent, &mut rng, run);
    let schedule = Schedule {
        after: 0,
        epochs: options.pretrain_epochs,
        batch: options.batch,
        lr: options.lr,
        weight_decay: options.weight_decay,
    };
    autoencoder.train(run, &schedule)?;
    Ok(autoencoder.into_encoder())
}

/// x [N, C, H, W] in [0, 1] -> [N, latent]
fn embeddings(encoder: &Encoder, normalisation: &Normalisation, x: &Tensor) -> Tensor {
    let chunks = x.split(CHUNK, 0);
    let z: Vec<Tensor> = chunks
        .iter()
        .map(|x| encoder.forward(&normalisation.apply(x)))
        .collect();
    Tensor::cat(&z, 0)
}

/// c [latent]: the mean of the embeddings z [N, latent], each coordinate at least [`SMALLEST_COORDINATE`] from 0.
fn centre(z: &Tensor) -> Tensor {
    let mean = z.mean_dim([0i64].as_slice(), false, Kind::Double);
    let away = mean.abs().clamp_min(SMALLEST_COORDINATE);
    away.where_self(&mean.ge(0.0), &away.neg()).to_kind(z.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_keeps_away_from_zero() {
        let z = Tensor::from_slice(&[0.5, -0.02, 0.0, -2.0, 0.7, -0.04, 0.0, -4.0]).view([2, 4]);
        let centre: Vec<f64> = (0..4).map(|i| centre(&z).double_value(&[i])).collect();
        assert_eq!(centre, [0.6, -0.1, 0.1, -3.0]);
    }
}
