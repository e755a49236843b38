//! Images turned about their centre.

use crate::Images;

/// The images turned about their centre, black where nothing is left to show.
///
/// As family `rotation` with zero padding (docs/method.md, "Augmentation families"): the output at a place p of the frame [-1, 1]^2 is
/// the input at R p with R = \[\[cos, -sin\], \[sin, cos\]\], interpolated bilinearly; pixel k of n lies at
/// (2 k + 1) / n - 1. Shape and the range [0, 1] stay.
pub fn rotate_zeros(images: &Images, degrees: f64) -> Images {
    let taps = taps(images.height, images.width, degrees.to_radians());
    let plane = images.height * images.width;
    let turn = |pixels: &[f32]| -> Vec<f32> {
        let value = |taps: &[(usize, f64); 4]| {
            taps.iter()
                .map(|&(at, weight)| f64::from(pixels[at]) * weight)
                .sum::<f64>()
        };
        taps.iter().map(|taps| value(taps) as f32).collect()
    };
    Images {
        data: images.data.chunks(plane.max(1)).flat_map(turn).collect(),
        ..*images
    }
}

/// For each output pixel the four input pixels with their weights; weight 0 stands for black outside.
fn taps(height: usize, width: usize, angle: f64) -> Vec<[(usize, f64); 4]> {
    // libm's are the same bits on every machine; the system's are not.
    let (sin, cos) = libm::sincos(angle);
    let centre = |k: usize, n: usize| (2 * k + 1) as f64 / n as f64 - 1.0;
    let pixel = |place: f64, n: usize| ((place + 1.0) * n as f64 - 1.0) / 2.0;
    let mut taps = Vec::with_capacity(height * width);
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (centre(column, width), centre(row, height));
            let across = neighbours(pixel(cos * x - sin * y, width), width);
            let down = neighbours(pixel(sin * x + cos * y, height), height);
            let tap = |i: usize, j: usize| (down[i].0 * width + across[j].0, down[i].1 * across[j].1);
            taps.push([tap(0, 0), tap(0, 1), tap(1, 0), tap(1, 1)]);
        }
    }
    taps
}

/// The two pixels of a line of `n` beside `place`, with their weights.
fn neighbours(place: f64, n: usize) -> [(usize, f64); 2] {
    let (floor, share) = (place.floor(), place - place.floor());
    let inside = |index: f64, weight: f64| {
        if (0.0..n as f64).contains(&index) {
            (index as usize, weight)
        } else {
            (0, 0.0)
        }
    };
    [inside(floor, 1.0 - share), inside(floor + 1.0, share)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::SafeTensors;

    fn golden() -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/golden");
        std::fs::read(format!("{folder}/rotation_zeros.safetensors")).unwrap()
    }

    fn values(tensors: &SafeTensors<'_>, name: &str) -> Vec<f64> {
        let bytes = tensors.tensor(name).unwrap().data().to_vec();
        bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
            .collect()
    }

    #[test]
    fn rotation_is_that_of_the_family() {
        let bytes = golden();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let shape = tensors.tensor("x").unwrap().shape().to_vec();
        let data = values(&tensors, "x").iter().map(|&v| v as f32).collect();
        let x = Images {
            data,
            count: shape[0],
            channels: shape[1],
            height: shape[2],
            width: shape[3],
        };
        let y = rotate_zeros(&x, values(&tensors, "raw")[0].to_degrees());
        let expected = values(&tensors, "y");
        assert_eq!(y.data.len(), expected.len());
        let worst = y
            .data
            .iter()
            .zip(&expected)
            .map(|(&a, b)| (f64::from(a) - b).abs())
            .fold(0.0, f64::max);
        assert!(worst < 1e-6, "differs by {worst}");
    }

    #[test]
    fn a_quarter_turn_moves_every_pixel_to_its_place() {
        let x = Images {
            data: vec![0.1, 0.2, 0.3, 0.4],
            count: 1,
            channels: 1,
            height: 2,
            width: 2,
        };
        let y = rotate_zeros(&x, 90.0);
        // The output at the top left is the input at R (-1/2, -1/2) = (1/2, -1/2), the top right.
        assert_eq!(y.data, [0.2, 0.4, 0.1, 0.3]);
    }
}
