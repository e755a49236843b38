//! Rotation: the whole image turned about its centre by one angle (ST-SSAD, arXiv 2306.12033).

use std::collections::BTreeMap;

use augur_core::spec::Padding;
use tch::Tensor;

use super::{AugmentError, Augmentation, Draw, Hyper, degrees, scalars};

/// Bilinear interpolation, in libtorch's numbering.
const BILINEAR: i64 = 0;
/// Coordinates of -1 and 1 are the outer edges of the border pixels, not their centres.
const ALIGN_CORNERS: bool = false;

/// Rotation by the angle r0 (radians, the only raw parameter; periodic, so its bounds need no squashing).
///
/// The output at a place p of the frame [-1, 1]^2 is the input at R p with R = [[cos, -sin], [sin, cos]]. On an
/// image that isn't square this also shears, since both sides span [-1, 1].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    pub padding: Padding,
}

impl Augmentation for Rotation {
    fn name(&self) -> &'static str {
        "rotation"
    }

    fn raw_len(&self) -> i64 {
        1
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, _draw: &Draw) -> Tensor {
        let (images, channels, rows, columns) = x.size4().expect("images are [B, C, H, W]");
        let angle = scalars(raw, x).remove(0);
        let (cos, sin, zero) = (angle.cos(), angle.sin(), angle.zeros_like());
        let matrix = Tensor::stack(&[&cos, &(-&sin), &zero, &sin, &cos, &zero], 0).view([1, 2, 3]);
        let grid = Tensor::affine_grid_generator(&matrix, [1, 1, rows, columns], ALIGN_CORNERS);
        let padding = match self.padding {
            Padding::Zeros => 0,
            Padding::Reflection => 2,
        };
        // All images turn by the same angle: as channels of one image they share one grid and its weights.
        x.reshape([1, images * channels, rows, columns])
            .grid_sampler(&grid, BILINEAR, padding, ALIGN_CORNERS)
            .view([images, channels, rows, columns])
    }

    fn hyperparameters(&self, raw: &[f64]) -> Vec<(&'static str, f64)> {
        vec![("angle_deg", degrees(raw[0]))]
    }

    fn raw_from(&self, hyper: &BTreeMap<String, f64>) -> Result<Vec<f64>, AugmentError> {
        Ok(vec![
            Hyper::new(self.name(), hyper, &["angle_deg"])?.angle("angle_deg")?,
        ])
    }
}
