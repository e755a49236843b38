//! A soft, turned, elliptic patch.

use crate::Images;
use augur_core::spec::{CutdiffMode, PlantedPatch};
use rand::{Rng, RngCore};

/// The images with a patch about `centre`, (x, y) in [0, 1]^2.
///
/// As family `cutdiff`: with rho the aspect, w = sqrt(area rho) and h = sqrt(area / rho) in fractions of the side, a pixel
/// that lies (u, v) from the centre in the patch's turned frame has the mask
/// m = exp(-((u/w)^2 + (v/h)^2) / (2 softness)). Subtract: clamp(x - m, 0, 1); blend: x + m (fill - x).
pub fn patched(images: &Images, patch: &PlantedPatch, centre: [f32; 2]) -> Images {
    let mask = mask(images, patch, centre.map(f64::from));
    let change = |x: f64, m: f64| match patch.mode {
        CutdiffMode::Subtract => (x - m).clamp(0.0, 1.0),
        CutdiffMode::Blend => x + m * (patch.fill - x),
    };
    let plane = mask.len().max(1);
    let changed = |(i, x): (usize, &f32)| change(f64::from(*x), mask[i % plane]) as f32;
    Images {
        data: images.data.iter().enumerate().map(changed).collect(),
        ..*images
    }
}

/// The patch's mask, \[height, width\].
fn mask(images: &Images, patch: &PlantedPatch, [x, y]: [f64; 2]) -> Vec<f64> {
    let (w, h) = (
        libm::sqrt(patch.area * patch.aspect),
        libm::sqrt(patch.area / patch.aspect),
    );
    let (sin, cos) = libm::sincos(patch.angle_deg.to_radians());
    let pixel = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
    let mut mask = Vec::with_capacity(images.height * images.width);
    for row in 0..images.height {
        for column in 0..images.width {
            let (dx, dy) = (pixel(column, images.width) - x, pixel(row, images.height) - y);
            let (u, v) = ((cos * dx + sin * dy) / w, (cos * dy - sin * dx) / h);
            mask.push(libm::exp(-(u * u + v * v) / (2.0 * patch.softness)));
        }
    }
    mask
}

/// A centre anywhere in the image, as (x, y).
pub(super) fn centre(stream: &mut impl RngCore) -> [f32; 2] {
    [stream.random(), stream.random()]
}
