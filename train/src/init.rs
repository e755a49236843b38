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
    let params = detector.laid_out(&all(&layout.params));
    (params.leaves(), all(&layout.stats))
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

#[cfg(test)]
mod tests {
    use augur_core::draws::{Purpose, shared_stream};

    use super::*;
    use crate::detector::{Embedding, ResNetConfig, Stem};

    fn drawn(seed: u64) -> Params {
        let config = ResNetConfig {
            channels: 3,
            stem: Stem::Small,
            width: 32,
            blocks: vec![1, 1],
            head: 64,
            embedding: Embedding::Last,
        };
        let mut rng = shared_stream(seed, "init", Purpose::Weights, 0);
        draw(&Detector::resnet(&config), &mut rng, Kind::Double, Device::Cpu).0
    }

    fn named<'a>(params: &'a Params, name: &str) -> &'a Tensor {
        params.iter().find(|(n, _)| *n == name).unwrap().1
    }

    #[test]
    fn convolutions_and_linear_layers_have_their_spread() {
        let params = drawn(0);
        // fan_out = 64 * 9; a uniform's deviation is its bound / sqrt(3), its bound here 1 / sqrt(64).
        let spread = |name: &str| named(&params, name).std(false).double_value(&[]);
        let wanted = (2.0f64 / (64.0 * 9.0)).sqrt();
        assert!((spread("layer2.0.conv2.weight") / wanted - 1.0).abs() < 0.02);
        let wanted = 1.0 / 8.0 / 3.0f64.sqrt();
        assert!((spread("head.0.weight") / wanted - 1.0).abs() < 0.05);
        let largest = named(&params, "head.0.weight").abs().max().double_value(&[]);
        assert!((0.12..=0.125).contains(&largest), "{largest}");
        assert_eq!(spread("bn1.weight"), 0.0);
    }

    #[test]
    fn the_draw_follows_the_seed() {
        let same = |a: &Params, b: &Params| a.tensors().iter().zip(b.tensors()).all(|(a, b)| a == b);
        assert!(same(&drawn(0), &drawn(0)));
        assert!(!same(&drawn(0), &drawn(1)));
    }
}
