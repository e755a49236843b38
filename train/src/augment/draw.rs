//! What an augmentation draws at random for one batch, and what it asks for.

use rand::distr::Open01;
use rand::{Rng, RngCore};
use rand_distr::StandardNormal;
use tch::{Device, Tensor};

/// What a family must be given in a [`Draw`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// [`Draw::centers`]
    pub centers: bool,
    /// [`Draw::partners`]
    pub partners: bool,
    /// Columns of [`Draw::eps`].
    pub eps: usize,
    /// Columns of [`Draw::uniform`].
    pub uniform: usize,
    /// Columns of [`Draw::gumbel`].
    pub gumbel: usize,
    /// [`Draw::noise`]
    pub noise: bool,
    /// [`Draw::displacement`]
    pub displacement: bool,
    /// What the parts of a composition need.
    pub parts: Vec<Needs>,
}

/// What was drawn at random for one batch of B images. Only what the family needs is there.
///
/// The same draw serves L_trn and L_val of a step, so that both see the same augmented images.
#[derive(Debug, Default)]
pub struct Draw {
    /// Patch centres, [B, 2] as (x, y) uniform in [0, 1]^2.
    pub centers: Option<Tensor>,
    /// For each image another one of the batch, [B], int64; with a single image that one itself.
    pub partners: Option<Tensor>,
    /// Standard normal, [B, k]: one number for every hyperparameter that is drawn for each image.
    pub eps: Option<Tensor>,
    /// Uniform in (0, 1), [B, k]: places in the search ranges.
    pub uniform: Option<Tensor>,
    /// Standard Gumbel, [B, parts]: which part of a composition each image takes.
    pub gumbel: Option<Tensor>,
    /// Standard normal, [B, C, H, W].
    pub noise: Option<Tensor>,
    /// Standard normal, [B, 2, H, W], along x and y.
    pub displacement: Option<Tensor>,
    /// What the parts of a composition drew.
    pub parts: Vec<Draw>,
}

impl Draw {
    /// Draws what `needs` says for images of `shape` [B, C, H, W], float32 on `device`.
    ///
    /// The order of the draws is fixed: what one family needs doesn't move another one's.
    pub fn new(needs: &Needs, shape: [i64; 4], rng: &mut impl RngCore, device: Device) -> Self {
        let [images, channels, rows, columns] = shape;
        let table = |columns: usize| (columns > 0).then_some([images, columns as i64]);
        let mut source = Source { rng, device };
        Self {
            centers: needs.centers.then(|| source.centers(images)),
            partners: needs.partners.then(|| source.partners(images)),
            eps: table(needs.eps).map(|shape| source.normal(&shape)),
            uniform: table(needs.uniform).map(|shape| source.uniform(&shape)),
            gumbel: table(needs.gumbel).map(|shape| source.gumbel(&shape)),
            noise: needs.noise.then(|| source.normal(&shape)),
            displacement: needs.displacement.then(|| source.normal(&[images, 2, rows, columns])),
            parts: (needs.parts.iter())
                .map(|part| Self::new(part, [images, channels, rows, columns], source.rng, device))
                .collect(),
        }
    }
}

/// Draws tensors one after the other from one stream.
struct Source<'a, R> {
    rng: &'a mut R,
    device: Device,
}

impl<R: RngCore> Source<'_, R> {
    fn centers(&mut self, images: i64) -> Tensor {
        self.fill(&[images, 2], |rng| rng.random())
    }

    fn partners(&mut self, images: i64) -> Tensor {
        let partner = |image: i64| match images {
            1 => image,
            _ => (image + self.rng.random_range(1..images)) % images,
        };
        let partners: Vec<i64> = (0..images).map(partner).collect();
        Tensor::from_slice(&partners).to_device(self.device)
    }

    fn normal(&mut self, shape: &[i64]) -> Tensor {
        self.fill(shape, |rng| rng.sample(StandardNormal))
    }

    fn uniform(&mut self, shape: &[i64]) -> Tensor {
        self.fill(shape, |rng| rng.sample(Open01))
    }

    fn gumbel(&mut self, shape: &[i64]) -> Tensor {
        self.fill(shape, |rng| -(-rng.sample::<f32, _>(Open01).ln()).ln())
    }

    fn fill(&mut self, shape: &[i64], value: impl Fn(&mut R) -> f32) -> Tensor {
        let count = shape.iter().product::<i64>();
        let values: Vec<f32> = (0..count).map(|_| value(self.rng)).collect();
        Tensor::from_slice(&values).view(shape).to_device(self.device)
    }
}
