//! The random draws of one trial, each a function of (seed, trial, purpose, step).

use augur_core::draws::{Purpose, stream};
use augur_core::id::TrialId;
use augur_core::plan::TrialSpec;
use augur_core::spec::TrainingAugmentation;
use rand::RngCore;
use rand::seq::SliceRandom;
use tch::{Device, Tensor};

use super::moves;
use crate::augment::{Augmentation, Draw};

/// Which fixed draws of the augmentation an evaluation uses.
#[derive(Debug, Clone, Copy)]
pub enum Group {
    Train,
    HeldOut,
}

/// Draws for one trial, placed on its device.
#[derive(Debug)]
pub struct Draws {
    seed: u64,
    trial: TrialId,
    device: Device,
}

impl Draws {
    pub fn new(spec: &TrialSpec, device: Device) -> Self {
        Self {
            seed: spec.seed,
            trial: spec.id(),
            device,
        }
    }

    /// The stream of the detector's initial weights.
    pub fn weights(&self) -> impl RngCore + use<> {
        stream(self.seed, &self.trial, Purpose::Weights, 0)
    }

    /// The stream of the permutations by which a shift is tested.
    pub fn permutations(&self) -> impl RngCore + use<> {
        stream(self.seed, &self.trial, Purpose::Permutation, 0)
    }

    /// The order of `count` training images in an epoch: a permutation [count], int64.
    pub fn order(&self, count: i64, epoch: u32) -> Tensor {
        let mut order: Vec<i64> = (0..count).collect();
        order.shuffle(&mut stream(self.seed, &self.trial, Purpose::Shuffle, epoch.into()));
        Tensor::from_slice(&order).to_device(self.device)
    }

    /// Which `batch` of `count` validation images a tuning step sees, without repetition: [batch], int64.
    pub fn validation_batch(&self, count: i64, batch: usize, step: u64) -> Tensor {
        let mut indices: Vec<i64> = (0..count).collect();
        let mut rng = stream(self.seed, &self.trial, Purpose::ValidationBatch, step);
        let (chosen, _) = indices.partial_shuffle(&mut rng, batch);
        Tensor::from_slice(chosen).to_device(self.device)
    }

    /// The training images x [B, C, H, W] of a step, flipped and moved as the spec says.
    pub fn moved(&self, x: &Tensor, spec: &TrainingAugmentation, step: u64) -> Tensor {
        if spec.is_none() {
            return x.shallow_clone();
        }
        let mut rng = stream(self.seed, &self.trial, Purpose::TrainingAugmentation, step);
        moves::draw(spec, x, &mut rng)
    }

    /// What the augmentation draws for the images x [B, C, H, W] of a training step.
    pub fn augmentation(&self, augmentation: &dyn Augmentation, x: &Tensor, step: u64) -> Draw {
        self.draw(augmentation, x, Purpose::Augmentation, step)
    }

    /// What the augmentation draws in every evaluation over the images x [N, C, H, W] of a group.
    pub fn evaluation(&self, augmentation: &dyn Augmentation, x: &Tensor, group: Group) -> Draw {
        let step = match group {
            Group::Train => 0,
            Group::HeldOut => 1,
        };
        self.draw(augmentation, x, Purpose::Evaluation, step)
    }

    fn draw(&self, augmentation: &dyn Augmentation, x: &Tensor, purpose: Purpose, step: u64) -> Draw {
        let (images, channels, rows, columns) = x.size4().expect("images are [B, C, H, W]");
        let mut rng = stream(self.seed, &self.trial, purpose, step);
        let shape = [images, channels, rows, columns];
        Draw::new(&augmentation.needs(), shape, &mut rng, self.device)
    }
}
