//! Gaussian blur.

use crate::Images;

/// The images blurred by `sigma` pixels, above 0.
///
/// As family `blur`: K_H x K_W^T for each channel, with K_ij = exp(-(i - j)^2 / (2 sigma^2)) over the pixels of a side, each
/// row divided by its sum.
pub fn blurred(images: &Images, sigma: f64) -> Images {
    let (height, width) = (images.height, images.width);
    let (down, across) = (kernel(height, sigma), kernel(width, sigma));
    let mut data = Vec::with_capacity(images.data.len());
    for plane in images.data.chunks(height * width) {
        let mut rows = vec![0.0; height * width];
        for (row, line) in plane.chunks(width).enumerate() {
            for (column, weights) in across.chunks(width).enumerate() {
                rows[row * width + column] = line.iter().zip(weights).map(|(x, k)| f64::from(*x) * k).sum();
            }
        }
        for weights in down.chunks(height) {
            for column in 0..width {
                let value: f64 = weights
                    .iter()
                    .enumerate()
                    .map(|(row, k)| k * rows[row * width + column])
                    .sum();
                data.push((value as f32).clamp(0.0, 1.0));
            }
        }
    }
    Images { data, ..*images }
}

/// K, [n, n].
fn kernel(n: usize, sigma: f64) -> Vec<f64> {
    let weight = |i: usize, j: usize| {
        let distance = i as f64 - j as f64;
        libm::exp(-distance * distance / (2.0 * sigma * sigma))
    };
    let row = |i: usize| {
        let weights: Vec<f64> = (0..n).map(|j| weight(i, j)).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(move |weight| weight / sum)
    };
    (0..n).flat_map(row).collect()
}
