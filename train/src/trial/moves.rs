//! Standard training augmentations: flips, and crops of an image whose edges are repeated.
//!
//! Each image's rows and columns are looked up at their places in the original, so pixels are moved and never mixed.

use augur_core::spec::TrainingAugmentation;
use rand::Rng;
use tch::Tensor;

/// x [B, C, H, W] with each image flipped and moved on its own, as drawn from `rng`.
pub fn draw(spec: &TrainingAugmentation, x: &Tensor, rng: &mut impl Rng) -> Tensor {
    let size = x.size();
    let (images, rows, columns) = (size[0], size[2], size[3]);
    let (mut from_rows, mut from_columns) = (Vec::new(), Vec::new());
    for _ in 0..images {
        from_rows.extend(places(rows, spec.flip_vertical, spec.crop_padding_px, rng));
        from_columns.extend(places(columns, spec.flip_horizontal, spec.crop_padding_px, rng));
    }
    let from_rows = Tensor::from_slice(&from_rows).view([images, rows, 1]);
    let from_columns = Tensor::from_slice(&from_columns).view([images, 1, columns]);
    let place = (from_rows * columns + from_columns)
        .to_device(x.device())
        .view([images, 1, rows * columns])
        .expand([images, size[1], rows * columns], false);
    x.flatten(2, 3).gather(2, &place, false).view_as(x)
}

/// Where each of `side` pixels comes from: one move of up to `padding` each way, held at the edges, then perhaps a flip.
fn places(side: i64, flips: bool, padding: u32, rng: &mut impl Rng) -> Vec<i64> {
    let padding = i64::from(padding);
    let shift = rng.random_range(-padding..=padding);
    let flipped = flips && rng.random::<bool>();
    let place = |i: i64| {
        let i = (i + shift).clamp(0, side - 1);
        if flipped { side - 1 - i } else { i }
    };
    (0..side).map(place).collect()
}

#[cfg(test)]
mod tests {
    use augur_core::draws::{Purpose, shared_stream};

    use super::*;
    use crate::testing::noise;

    fn drawn(spec: TrainingAugmentation, x: &Tensor) -> Tensor {
        let mut rng = shared_stream(0, "moves", Purpose::TrainingAugmentation, 0);
        draw(&spec, x, &mut rng)
    }

    #[test]
    fn half_of_the_images_are_mirrored_and_nothing_else() {
        let x = noise(&[200, 2, 3, 4], 1.0);
        for (dim, spec) in [
            (
                3,
                TrainingAugmentation {
                    flip_horizontal: true,
                    ..Default::default()
                },
            ),
            (
                2,
                TrainingAugmentation {
                    flip_vertical: true,
                    ..Default::default()
                },
            ),
        ] {
            let y = drawn(spec, &x);
            let mirrored = (0..200).filter(|&i| {
                let (x, y) = (x.narrow(0, i, 1), y.narrow(0, i, 1));
                assert!(y == x || y == x.flip([dim]), "image {i} is neither");
                y != x
            });
            let count = mirrored.count();
            assert!((70..130).contains(&count), "{count} of 200");
        }
    }

    #[test]
    fn crops_are_windows_of_the_padded_image() {
        let x = noise(&[60, 1, 6, 5], 1.0);
        let y = drawn(
            TrainingAugmentation {
                crop_padding_px: 2,
                ..Default::default()
            },
            &x,
        );
        let padded = x.replication_pad2d([2, 2, 2, 2]);
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..60 {
            let window = |top, left| padded.narrow(0, i, 1).narrow(2, top, 6).narrow(3, left, 5);
            let places = (0..5).flat_map(|top| (0..5).map(move |left| (top, left)));
            let found = places
                .into_iter()
                .find(|&(top, left)| window(top, left) == y.narrow(0, i, 1));
            seen.insert(found.unwrap_or_else(|| panic!("image {i} is no window")));
        }
        assert!(seen.len() > 12, "only {} of 25 windows", seen.len());
    }
}
