//! Additive Gaussian noise.

use crate::Images;
use rand::{Rng, RngCore, distr::Open01};
use std::f64::consts::TAU;

/// The images with noise, as by family `noise`: clamp(x + sigma eps, 0, 1), with a value of `eps` for each of theirs.
pub fn noisy(images: &Images, sigma: f64, eps: &[f32]) -> Images {
    let value = |(x, eps): (&f32, &f32)| (f64::from(*x) + sigma * f64::from(*eps)).clamp(0.0, 1.0) as f32;
    Images {
        data: images.data.iter().zip(eps).map(value).collect(),
        ..*images
    }
}

/// `count` standard normal numbers, by Box and Muller's transform.
pub(super) fn normal(count: usize, stream: &mut impl RngCore) -> Vec<f32> {
    let one = |_| {
        let (u, turn): (f64, f64) = (stream.sample(Open01), stream.random());
        (libm::sqrt(-2.0 * libm::log(u)) * libm::cos(TAU * turn)) as f32
    };
    (0..count).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::draws::{Purpose, shared_stream};

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let count = 40_000;
        let eps = normal(count, &mut shared_stream(0, "noise", Purpose::Split, 0));
        let moment = |power| eps.iter().map(|e| f64::from(*e).powi(power)).sum::<f64>() / count as f64;
        // Standard errors of 0.005, 0.007 and 0.05.
        assert!(moment(1).abs() < 0.02 && (moment(2) - 1.0).abs() < 0.03 && (moment(4) - 3.0).abs() < 0.2);
    }
}
