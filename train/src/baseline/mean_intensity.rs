//! Mean intensity: the weakest control, which sees nothing but how bright an image is.

use augur_core::spec::{Direction, MeanIntensitySpec};
use tch::{Kind, Tensor};

use super::Scorer;

/// A spread of the training images' means below this is taken for it.
const SMALLEST_STD: f64 = 1e-12;

/// With m(x) the mean over all values of an image, and mu, sigma the mean and standard deviation (divisor N) of m over
/// the training images [N, C, H, W], z = (m(x) - mu) / sigma. The score is |z|, -z (`darker`) or z (`brighter`).
pub fn fit(train: &Tensor, options: &MeanIntensitySpec) -> Scorer {
    let means = means(train);
    let mu = means.mean(Kind::Double);
    let sigma = means.std(false).clamp_min(SMALLEST_STD);
    let direction = options.direction;
    Box::new(move |x| {
        let z = (self::means(x) - &mu) / &sigma;
        Ok(match direction {
            Direction::Both => z.abs(),
            Direction::Darker => z.neg(),
            Direction::Brighter => z,
        })
    })
}

/// x [N, C, H, W] -> [N], float64
fn means(x: &Tensor) -> Tensor {
    x.flatten(1, -1).mean_dim([1i64].as_slice(), false, Kind::Double)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(means: &[f64]) -> Tensor {
        let ripple = Tensor::from_slice(&[0.05, -0.05, 0.02, -0.02]).view([1, 1, 2, 2]);
        Tensor::from_slice(means).view([-1, 1, 1, 1]) + ripple
    }

    /// The training means 0.4 and 0.6 have mean 0.5 and deviation 0.1.
    #[test]
    fn z_scores_by_hand() {
        for (direction, want) in [
            (Direction::Both, [2.0, 3.0]),
            (Direction::Darker, [2.0, -3.0]),
            (Direction::Brighter, [-2.0, 3.0]),
        ] {
            let scorer = fit(&images(&[0.4, 0.6]), &MeanIntensitySpec { direction });
            let scores = scorer(&images(&[0.3, 0.8])).unwrap();
            for (i, want) in want.iter().enumerate() {
                assert!((scores.double_value(&[i as i64]) - want).abs() < 1e-9, "{scores}");
            }
        }
    }
}
