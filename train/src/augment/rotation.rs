//! Rotation: the whole image turned about its centre by one angle (ST-SSAD, arXiv 2306.12033).

use augur_core::spec::Padding;
use tch::Tensor;

use super::geometry::{ALIGN_CORNERS, sample, sides};
use super::{Augmentation, Bound, Draw, Parameter, named, values};

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

    fn parameters(&self) -> Vec<Parameter> {
        named([("angle_deg", Bound::Angle)])
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, _draw: &Draw) -> Tensor {
        let (rows, columns) = sides(x);
        let angle = values(self, raw, x).remove(0).view([-1]);
        let (cos, sin, zero) = (angle.cos(), angle.sin(), angle.zeros_like());
        let matrix = Tensor::stack(&[&cos, &(-&sin), &zero, &sin, &cos, &zero], 1).view([-1, 2, 3]);
        let angles = matrix.size()[0];
        let grid = Tensor::affine_grid_generator(&matrix, [angles, 1, rows, columns], ALIGN_CORNERS);
        sample(x, &grid, self.padding)
    }
}
