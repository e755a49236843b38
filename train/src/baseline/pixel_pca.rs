//! Principal components of the pixels: what they can't put together again is anomalous.

use augur_core::spec::{PixelPcaSpec, TrainingAugmentation};
use tch::{Kind, Tensor};

use super::Scorer;
use crate::normalisation::{mirrored, standardised};
use crate::trial::TrialError;

/// With mu the mean training image and V [D, k] the first k principal directions of the training images [N, C, H, W],
/// D = C H W, an image x [D] is reconstructed as x' = mu + V V' (x - mu). The score is the mean of (x - x')^2 over its
/// values. In float64. With the option `contrast` x is an image of mean 0 and variance 1.
///
/// # Errors
/// Fewer than k + 1 training images, or images of no more than k values: nothing would be left over.
pub fn fit(train: &Tensor, options: &PixelPcaSpec) -> Result<Scorer, TrialError> {
    let flips = TrainingAugmentation {
        flip_horizontal: options.mirrored,
        flip_vertical: options.mirrored,
        ..Default::default()
    };
    let contrast = options.contrast;
    let rows = rows(&mirrored(&flips, train), contrast);
    let (images, values) = (rows.size()[0], rows.size()[1]);
    let components = i64::from(options.components);
    if images <= components {
        return Err(TrialError::TooFewImages {
            group: "training",
            found: images as usize,
            needed: components as usize + 1,
        });
    }
    if values <= components {
        let reason = format!("{components} components describe images of {values} values completely; use fewer");
        return Err(TrialError::Images {
            group: "training",
            reason,
        });
    }
    let mean = rows.mean_dim([0i64].as_slice(), true, Kind::Double);
    // Of linalg_svd the bindings ask for a driver, which libtorch takes on a GPU alone.
    let (_, _, directions) = (&rows - &mean).svd(true, true);
    let directions = directions.tr().narrow(0, 0, components);
    Ok(Box::new(move |x| {
        let centred = self::rows(x, contrast) - &mean;
        let kept = centred.matmul(&directions.tr()).matmul(&directions);
        let left = (centred - kept).square();
        Ok(left.mean_dim([1i64].as_slice(), false, Kind::Double))
    }))
}

/// x [N, C, H, W] -> [N, C H W], float64
fn rows(x: &Tensor, contrast: bool) -> Tensor {
    let x = x.to_kind(Kind::Double);
    let x = if contrast { standardised(&x) } else { x };
    x.flatten(1, -1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noise;

    fn pca(train: &Tensor, components: u32) -> Result<Scorer, TrialError> {
        fit(
            train,
            &PixelPcaSpec {
                components,
                ..Default::default()
            },
        )
    }

    /// Training images mu + a (3, 4, 0, 0)/5 + b (0, 0, 1, 0) with a spread more widely than b.
    #[test]
    fn what_one_component_leaves_by_hand() {
        let points = [(3.0, 1.0), (-3.0, 1.0), (3.0, -1.0), (-3.0, -1.0)];
        let image = |a: f64, b: f64, c: f64| [0.5 + 0.6 * a, 0.5 + 0.8 * a, 0.5 + b, 0.5 + c];
        let train: Vec<f64> = points.iter().flat_map(|(a, b)| image(*a, *b, 0.0)).collect();
        let x: Vec<f64> = [image(7.0, 0.0, 0.0), image(1.0, 2.0, 0.0), image(0.0, 2.0, 4.0)].concat();
        let scores = |components| {
            let scorer = pca(&Tensor::from_slice(&train).view([4, 1, 2, 2]), components).unwrap();
            let scores = scorer(&Tensor::from_slice(&x).view([3, 1, 2, 2])).unwrap();
            (0..3).map(|i| scores.double_value(&[i])).collect::<Vec<f64>>()
        };
        for (components, want) in [(1, [0.0, 1.0, 5.0]), (2, [0.0, 0.0, 4.0])] {
            for (got, want) in scores(components).iter().zip(want) {
                assert!((got - want).abs() < 1e-12, "{components}: {got} is not {want}");
            }
        }
    }

    #[test]
    fn too_many_components_are_refused() {
        let error = |images, components| pca(&noise(&[images, 1, 3, 3], 1.0), components).err().unwrap();
        assert!(matches!(error(5, 5), TrialError::TooFewImages { needed: 6, .. }));
        assert!(error(20, 9).to_string().contains("images of 9 values"));
    }
}
