//! What a family does to images at any point of its range, for people to look at: no detector, nothing tuned.

use augur_core::draws::{Purpose, shared_stream};
use augur_core::outcome::Hyperparameters;
use augur_core::spec::FamilySpec;
use augur_data::Images;
use tch::{Device, Tensor};

use crate::augment::{AugmentError, Draw, from_spec};
use crate::device;
use crate::trial::KIND;

/// Names the previews' streams of draws: all families see the same patch centres, so that they can be compared.
const KEY: &str = "preview";
/// A family may need another image of the batch.
const SMALLEST_BATCH: usize = 2;

/// Images of a task, and the seed of what families draw for them.
#[derive(Debug)]
pub struct Preview {
    x: Tensor,
    shown: usize,
    seed: u64,
}

impl Preview {
    /// The first `shown` of `images`, or all where there are fewer. Sets libtorch's thread count for this process.
    pub fn new(images: &Images, shown: usize, seed: u64, threads: u32) -> Self {
        device::prepare(threads);
        let batch = shown.max(SMALLEST_BATCH).min(images.count);
        let size = [batch, images.channels, images.height, images.width].map(|n| n as i64);
        let data = &images.data[..batch * images.stride()];
        Self {
            x: Tensor::from_slice(data).view(size).to_kind(KIND),
            shown: shown.min(batch),
            seed,
        }
    }

    /// The images as they are.
    pub fn originals(&self) -> Images {
        self.images(&self.x)
    }

    /// phi(x; a) at `point`, which names every hyperparameter that the family has in its form, with what it draws in
    /// the `draw`-th place: the same number gives the same centres, noise and so on at every point.
    ///
    /// # Errors
    /// A point that isn't the family's, or grey images where it changes colours.
    pub fn augmented(&self, family: &FamilySpec, point: &Hyperparameters, draw: u64) -> Result<Images, AugmentError> {
        let augmentation = from_spec(family);
        let (batch, channels, rows, columns) = self.x.size4().expect("images are [B, C, H, W]");
        augmentation.accepts(channels)?;
        let raw = Tensor::from_slice(&augmentation.raw_from(point)?).to_kind(KIND);
        let mut rng = shared_stream(self.seed, KEY, Purpose::Augmentation, draw);
        let shape = [batch, channels, rows, columns];
        let draw = Draw::new(&augmentation.needs(), shape, &mut rng, Device::Cpu);
        Ok(self.images(&augmentation.apply(&raw, &self.x, &draw)))
    }

    /// The shown ones of a batch, in [0, 1].
    fn images(&self, y: &Tensor) -> Images {
        let y = y.narrow(0, 0, self.shown as i64).clamp(0.0, 1.0).contiguous();
        let mut data = vec![0.0; y.numel()];
        y.copy_data(&mut data, y.numel());
        let (_, channels, height, width) = y.size4().expect("images are [B, C, H, W]");
        Images {
            data,
            count: self.shown,
            channels: channels as usize,
            height: height as usize,
            width: width as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::spec::{CutdiffSpec, Form, RotationSpec};

    fn images() -> Images {
        let data = (0..3 * 64).map(|i| (i * 37 % 101) as f32 / 101.0).collect();
        Images {
            data,
            count: 3,
            channels: 1,
            height: 8,
            width: 8,
        }
    }

    fn point(values: &[(&str, f64)]) -> Hyperparameters {
        values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect()
    }

    #[test]
    fn half_a_turn_turns_each_image_about_its_centre() {
        let images = images();
        let family = FamilySpec::Rotation(RotationSpec::default());
        let turned = Preview::new(&images, 2, 0, 1)
            .augmented(&family, &point(&[("angle_deg", 180.0)]), 0)
            .unwrap();
        assert_eq!(turned.count, 2);
        for i in 0..2 {
            let expected = images.image(i).iter().rev();
            let off = turned.image(i).iter().zip(expected).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f32::max) < 1e-4);
        }
    }

    #[test]
    fn draws_follow_the_seed_and_their_number() {
        let family = FamilySpec::Cutdiff(CutdiffSpec::default());
        let at = point(&[("area", 0.1), ("aspect", 1.5), ("angle_deg", 20.0)]);
        let drawn = |seed, draw| {
            let preview = Preview::new(&images(), 3, seed, 1);
            preview.augmented(&family, &at, draw).unwrap()
        };
        assert_eq!(drawn(0, 0), drawn(0, 0));
        assert_ne!(drawn(0, 0), drawn(1, 0));
        assert_ne!(drawn(0, 0), drawn(0, 1));
        let random = family.in_form(Form::Random);
        let preview = Preview::new(&images(), 3, 0, 1);
        assert!(preview.augmented(&random, &point(&[]), 0).is_ok());
        assert!(preview.augmented(&family, &point(&[("area", 0.1)]), 0).is_err());
    }
}
