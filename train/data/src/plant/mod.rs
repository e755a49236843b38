//! Planted anomalies: images changed in a known way, so that the right answer is known.
//!
//! The formulas are those of the families (docs/families.md), here in plain double precision with libm's functions, so
//! that every machine gets the same bits. What is drawn at random is a function of (split's seed, image).

mod blur;
mod cutdiff;
mod noise;
mod rotation;

pub use blur::blurred;
pub use cutdiff::patched;
pub use noise::noisy;
pub use rotation::rotate_zeros;

use crate::Images;
use augur_core::{
    draws::{Purpose, shared_stream},
    spec::Planted,
};
use rand::RngCore;

/// Changes those of the images whose place in `planted` says so. `ids` are the images' identifiers in their data set.
pub(crate) fn plant(images: &mut Images, ids: &[u32], planted: &[bool], change: &Planted, seed: u64) {
    let stride = images.stride();
    for (i, id) in ids.iter().enumerate().filter(|(i, _)| planted[*i]) {
        let image = Images {
            data: images.image(i).to_vec(),
            count: 1,
            ..*images
        };
        let mut stream = shared_stream(seed, "planted", Purpose::Split, u64::from(*id));
        let changed = self::changed(&image, change, &mut stream);
        images.data[i * stride..][..stride].copy_from_slice(&changed.data);
    }
}

/// One image changed.
fn changed(image: &Images, change: &Planted, stream: &mut impl RngCore) -> Images {
    match change {
        Planted::RotateDeg(degrees) => rotate_zeros(image, *degrees),
        Planted::Cutdiff(patch) => patched(image, patch, cutdiff::centre(stream)),
        Planted::Blur(blur) => blurred(image, blur.sigma_px),
        Planted::Noise(noise) => noisy(image, noise.sigma, &noise::normal(image.stride(), stream)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::spec::{PlantedBlur, PlantedNoise, PlantedPatch};

    fn images(count: usize) -> Images {
        Images {
            data: (0..count * 64).map(|i| (i * 37 % 101) as f32 / 101.0).collect(),
            count,
            channels: 1,
            height: 8,
            width: 8,
        }
    }

    fn changes() -> [Planted; 4] {
        [
            Planted::RotateDeg(30.0),
            Planted::Cutdiff(PlantedPatch {
                area: 0.1,
                aspect: 1.0,
                angle_deg: 0.0,
                mode: augur_core::spec::CutdiffMode::Subtract,
                fill: 0.0,
                softness: 0.1,
            }),
            Planted::Blur(PlantedBlur { sigma_px: 1.0 }),
            Planted::Noise(PlantedNoise { sigma: 0.2 }),
        ]
    }

    #[test]
    fn only_what_is_to_be_planted_changes_and_stays_in_range() {
        for change in changes() {
            let before = images(3);
            let mut after = before.clone();
            plant(&mut after, &[5, 6, 7], &[true, false, true], &change, 0);
            let same = [0, 1, 2].map(|i| before.image(i) == after.image(i));
            assert_eq!(same, [false, true, false], "{change:?}");
            assert!(after.data.iter().all(|v| (0.0..=1.0).contains(v)), "{change:?}");
        }
    }

    #[test]
    fn draws_follow_the_image_and_the_seed_not_the_place() {
        for change in &changes()[1..] {
            let planted = |ids: [u32; 2], seed| {
                let mut images = Images {
                    data: images(1).data.repeat(2),
                    count: 2,
                    ..images(1)
                };
                plant(&mut images, &ids, &[true; 2], change, seed);
                ids.map(|id| images.image(usize::from(id != ids[0])).to_vec())
            };
            let ([a, b], [c, d]) = (planted([3, 4], 0), planted([4, 3], 0));
            assert_eq!((&a, &b), (&d, &c));
            if !matches!(change, Planted::Blur(_)) {
                assert_ne!(a, b);
                assert_ne!(a, planted([3, 4], 1)[0]);
            }
        }
    }
}
