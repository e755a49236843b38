//! A trained detector to keep: it scores new images as the sweep did, to the last bit on the same machine.

mod error;
mod export;
mod files;

use augur_core::model::{ImageShape, ModelCard};
use augur_data::Images;
use tch::{Device, Tensor, no_grad};

pub use error::ModelError;
pub use files::save_embeddings;

use crate::network::Network;
use crate::score::{ScoreError, Scorer};

/// A detector with everything that it needs to score images.
#[derive(Debug)]
pub struct Model {
    /// Where it comes from and what it takes.
    pub card: ModelCard,
    network: Network,
    scorer: Scorer,
    normal: NormalScores,
}

/// The scores of the normal images that the detector was made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NormalScores {
    /// Those that it was trained on.
    pub train: Vec<f64>,
    /// Those that were kept out of training: what scores of new normal images are like.
    pub held_out: Vec<f64>,
}

impl Model {
    /// Puts a model together. Its parameters ask for no gradient any more.
    pub fn new(card: ModelCard, mut network: Network, scorer: Scorer, normal: NormalScores) -> Self {
        network.params = network
            .params
            .with(network.params.tensors().iter().map(Tensor::detach).collect());
        Self {
            card,
            network,
            scorer,
            normal,
        }
    }

    /// The scores of the normal images that it was made from.
    pub fn normal(&self) -> &NormalScores {
        &self.normal
    }

    /// The anomaly scores of images; higher is more anomalous.
    ///
    /// # Errors
    /// Images of another shape than the card's.
    pub fn score(&self, images: &Images) -> Result<Vec<f64>, ModelError> {
        let ImageShape {
            channels,
            height,
            width,
        } = self.card.images;
        let wanted = [channels, height, width].map(|n| n as usize);
        let found = [images.channels, images.height, images.width];
        if wanted != found {
            return Err(ModelError::Shape { wanted, found });
        }
        let device = self
            .network
            .params
            .tensors()
            .first()
            .map_or(Device::Cpu, Tensor::device);
        let size = [images.count, found[0], found[1], found[2]].map(|n| n as i64);
        let x = Tensor::from_slice(&images.data).view(size).to_device(device);
        Ok(scores(&self.network, &self.scorer, &x)?)
    }
}

/// The scores of images x [N, C, H, W] in [0, 1]: one number an image, which doesn't depend on the other images.
///
/// # Errors
/// Embeddings that are not finite.
pub fn scores(network: &Network, scorer: &Scorer, x: &Tensor) -> Result<Vec<f64>, ScoreError> {
    if x.size()[0] == 0 {
        return Ok(Vec::new());
    }
    let scores = scorer.score(&no_grad(|| network.outputs_one_by_one(x)))?;
    Ok((0..scores.size()[0]).map(|i| scores.double_value(&[i])).collect())
}

/// The threshold above which a share of at most `rate` in [0, 1] of `normal` scores lies; infinity where there are none
/// to go by.
pub fn threshold(normal: &[f64], rate: f64) -> f64 {
    let mut sorted = normal.to_vec();
    sorted.sort_by(f64::total_cmp);
    let allowed = (rate.clamp(0.0, 1.0) * sorted.len() as f64).floor() as usize;
    match sorted.len().checked_sub(allowed + 1) {
        Some(at) => sorted[at],
        None if sorted.is_empty() => f64::INFINITY,
        None => f64::NEG_INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::threshold;

    #[test]
    fn at_most_the_chosen_share_of_normal_images_raises_an_alarm() {
        let scores = [5.0, 1.0, 4.0, 2.0, 3.0, 3.0, 0.0, 9.0, 7.0, 8.0];
        for rate in [0.0, 0.05, 0.1, 0.25, 0.5, 0.99, 1.0] {
            let threshold = threshold(&scores, rate);
            let alarms = scores.iter().filter(|score| **score > threshold).count();
            assert!(alarms as f64 <= rate * 10.0, "{rate}: {alarms}");
        }
        assert_eq!(threshold(&scores, 0.1), 8.0);
        assert_eq!(threshold(&[], 0.1), f64::INFINITY);
        assert_eq!(threshold(&scores, 1.0), f64::NEG_INFINITY);
    }
}
