//! A trial's state before its first step: images as tensors, detector, augmentation, optimisers.

use std::path::Path;

use augur_core::outcome::Hyperparameters;
use augur_core::plan::TrialSpec;
use augur_core::spec::{self, FamilySpec, ResourceSpec};
use augur_data::{Images, TaskImages};
use tch::{Device, Kind, Tensor};

use super::TrialError;
use super::draws::Draws;
use crate::augment::{self, Augmentation};
use crate::device::{self, DeviceChoice, DeviceError};
use crate::network::Network;
use crate::normalisation::Normalisation;
use crate::optimiser::Optimiser;

/// Trials compute in single precision; the golden cases hold the formulas to double.
pub const KIND: Kind = Kind::Float;

/// Everything that a trial's steps read and change.
pub struct Trial<'a> {
    pub spec: &'a TrialSpec,
    pub draws: Draws,
    pub images: Groups,
    pub network: Network,
    pub optimiser: Optimiser,
    pub augmentation: Box<dyn Augmentation>,
    /// a, [k]
    pub raw: Tensor,
    pub raw_optimiser: Optimiser,
    /// Steps of theta made so far.
    pub step: u64,
}

/// The images of a task, each [N, C, H, W] in [0, 1].
pub struct Groups {
    pub train: Tensor,
    pub held_out: Tensor,
    pub validation: Tensor,
    /// No images where the split has none.
    pub test: Tensor,
}

impl<'a> Trial<'a> {
    /// The state of the trial `spec` before its first step, from a family and its starting point. Paths in it are relative to
    /// `base`.
    pub fn new(
        spec: &'a TrialSpec,
        (family, initial): (&FamilySpec, &Hyperparameters),
        images: &TaskImages,
        base: &Path,
    ) -> Result<Self, TrialError> {
        let device = device_of(&spec.resources)?;
        let images = Groups::new(images, device)?;
        let draws = Draws::new(spec, device);

        let network = Network::new(
            &spec.detector,
            images.train.size()[1],
            Normalisation::for_training(&spec.training, &images.train)?,
            base,
            &mut draws.weights(),
            (KIND, device),
        )?;
        let trained = network.detector.trainable(&network.params);
        let optimiser = Optimiser::new(&spec.training.optimiser, trained).with_clip_norm(spec.training.clip_norm);

        let augmentation = augment::from_spec(family);
        augmentation.accepts(images.train.size()[1])?;
        let raw = augmentation.raw_from(initial)?;
        let raw = Tensor::from_slice(&raw).to_kind(KIND).to_device(device);
        let raw_optimiser =
            Optimiser::new(&spec.tuning.optimiser, [("raw", &raw)]).with_clip_norm(spec.tuning.clip_norm);
        Ok(Self {
            spec,
            draws,
            images,
            network,
            optimiser,
            augmentation,
            raw,
            raw_optimiser,
            step: 0,
        })
    }

    /// The augmentation as it is now. Waits for the device.
    pub fn hyperparameters(&self) -> Hyperparameters {
        let count = self.augmentation.raw_len();
        let raw: Vec<f64> = (0..count).map(|i| self.raw.double_value(&[i])).collect();
        let named = self.augmentation.hyperparameters(&raw);
        named.into_iter().collect()
    }
}

impl Groups {
    /// The images of a task as tensors on `device`.
    pub fn new(images: &TaskImages, device: Device) -> Result<Self, TrialError> {
        let shape = (images.train.channels, images.train.height, images.train.width);
        let tensor = |group: &'static str, images: &Images, needed: usize| {
            let found = images.count;
            if found < needed {
                return Err(TrialError::TooFewImages { group, found, needed });
            }
            let this = (images.channels, images.height, images.width);
            if found > 0 && this != shape {
                let reason = format!("(channels, height, width) is {this:?} where the training images have {shape:?}");
                return Err(TrialError::Images { group, reason });
            }
            if images.data.len() != found * images.stride() {
                let reason = format!("{} values for {found} images of {shape:?}", images.data.len());
                return Err(TrialError::Images { group, reason });
            }
            let size = [found, shape.0, shape.1, shape.2].map(|n| n as i64);
            Ok(Tensor::from_slice(&images.data)
                .view(size)
                .to_kind(KIND)
                .to_device(device))
        };
        Ok(Self {
            train: tensor("training", &images.train, 2)?,
            held_out: tensor("held-out", &images.held_out, 2)?,
            validation: tensor("validation", &images.validation, 1)?,
            test: tensor("test", &images.test, 0)?,
        })
    }
}

/// Prepares this process for a trial with these resources, and gives its device.
pub fn device_of(resources: &ResourceSpec) -> Result<Device, DeviceError> {
    device::prepare(resources.threads);
    let choice = match resources.device {
        spec::Device::Auto => DeviceChoice::Auto,
        spec::Device::Cpu => DeviceChoice::Cpu,
        spec::Device::Cuda => DeviceChoice::Cuda(0),
    };
    choice.resolve()
}
