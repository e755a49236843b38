//! A detector's first parameters, drawn from the generator that is passed in.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal, Uniform};
use tch::{Device, Kind, Tensor};

use crate::detector::{Detector, Init, NamedTensors, Params, Slot, Stats, names};

/// Parameters and running statistics of a new detector, as torchvision starts its ResNets: convolutions normal with
/// variance 2 / fan_out, batch-norm 1 and 0, linear layers and biases uniform within +-1 / sqrt(fan_in).
///
/// Values are drawn in double precision in the order of the layout, so the draw is the same for every kind and device.
pub fn draw(detector: &Detector, rng: &mut impl Rng, kind: Kind, device: Device) -> (Params, Stats) {
    let mut all = |slots: &[Slot]| {
        let tensors = slots
            .iter()
            .map(|slot| draw_slot(slot, rng).to_kind(kind).to_device(device));
        NamedTensors::new(names(slots), tensors.collect())
    };
    let layout = detector.layout();
    (all(&layout.params).leaves(), all(&layout.stats))
}

fn draw_slot(slot: &Slot, rng: &mut impl Rng) -> Tensor {
    let count = slot.shape.iter().product::<i64>() as usize;
    let values: Vec<f64> = match slot.init {
        Init::Constant(value) => vec![value; count],
        Init::KaimingNormal => {
            // fan_out = output channels * kernel area; dimension 1 holds the input channels.
            let fan_out = slot.shape[0] * slot.shape[2..].iter().product::<i64>();
            let deviation = (2.0 / fan_out as f64).sqrt();
            let normal = |_| deviation * rng.sample::<f64, _>(StandardNormal);
            (0..count).map(normal).collect()
        }
        Init::Uniform { fan_in } => {
            let bound = 1.0 / (fan_in as f64).sqrt();
            let unit = Uniform::new_inclusive(-1.0, 1.0);
            match unit {
                Ok(unit) => (0..count).map(|_| bound * unit.sample(rng)).collect(),
                Err(_) => vec![0.0; count],
            }
        }
    };
    Tensor::from_slice(&values).view(slot.shape.as_slice())
}
