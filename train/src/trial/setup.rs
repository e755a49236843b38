//! A trial's state before its first step: images as tensors, detector, augmentation, optimisers.

use augur_core::outcome::Hyperparameters;
use augur_core::plan::TrialSpec;
use augur_core::spec::{self, DetectorSpec};
use augur_data::{Images, TaskImages};
use tch::{Device, Kind, Tensor};

use super::TrialError;
use super::draws::Draws;
use crate::augment::{self, Augmentation};
use crate::detector::{Detector, Params, ResNetConfig, Stats, Stem, TinyConfig};
use crate::device::{self, DeviceChoice};
use crate::init;
use crate::normalisation::Normalisation;
use crate::optimiser::Optimiser;

/// Trials compute in single precision; the golden cases hold the formulas to double.
pub const KIND: Kind = Kind::Float;

/// Everything that a trial's steps read and change.
pub struct Trial<'a> {
    pub spec: &'a TrialSpec,
    pub draws: Draws,
    pub images: Groups,
    pub normalisation: Normalisation,
    pub detector: Detector,
    /// theta
    pub params: Params,
    pub stats: Stats,
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
}

impl<'a> Trial<'a> {
    pub fn new(spec: &'a TrialSpec, images: &TaskImages) -> Result<Self, TrialError> {
        device::prepare(spec.resources.threads);
        let device = device_of(spec.resources.device).resolve()?;
        let images = Groups::new(images, device)?;
        let draws = Draws::new(spec, device);

        let channels = images.train.size()[1];
        let detector = detector_of(&spec.detector, channels);
        let (params, stats) = init::draw(&detector, &mut draws.weights(), KIND, device);
        let optimiser = Optimiser::new(&spec.training.optimiser, params.iter());

        let augmentation = augment::from_spec(&spec.family);
        let raw = augmentation.raw_from(&spec.initial)?;
        let raw = Tensor::from_slice(&raw).to_kind(KIND).to_device(device);
        let raw_optimiser = Optimiser::new(&spec.tuning.optimiser, [("raw", &raw)]);
        Ok(Self {
            spec,
            draws,
            normalisation: Normalisation::of(&images.train),
            images,
            detector,
            params,
            stats,
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
        named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

impl Groups {
    fn new(images: &TaskImages, device: Device) -> Result<Self, TrialError> {
        let shape = (images.train.channels, images.train.height, images.train.width);
        let tensor = |group: &'static str, images: &Images, needed: usize| {
            let found = images.count;
            if found < needed {
                return Err(TrialError::TooFewImages { group, found, needed });
            }
            let this = (images.channels, images.height, images.width);
            if this != shape {
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
        })
    }
}

fn detector_of(spec: &DetectorSpec, channels: i64) -> Detector {
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
        }),
    }
}

fn device_of(device: spec::Device) -> DeviceChoice {
    match device {
        spec::Device::Auto => DeviceChoice::Auto,
        spec::Device::Cpu => DeviceChoice::Cpu,
        spec::Device::Cuda => DeviceChoice::Cuda(0),
    }
}
