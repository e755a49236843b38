//! Rotation: the whole image turned about its centre by one angle (ST-SSAD, arXiv 2306.12033).

use augur_core::spec::{Parameter, RotationSpec};
use tch::Tensor;

use super::geometry::{ALIGN_CORNERS, sample, sides};
use super::{Augmentation, Draw, values};

/// The output at a place p of the frame [-1, 1]^2 is the input at R p with R = [[cos, -sin], [sin, cos]]. On an
/// image that isn't square this also shears, since both sides span [-1, 1].
impl Augmentation for RotationSpec {
    fn name(&self) -> &'static str {
        "rotation"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, _draw: &Draw) -> Tensor {
        let (rows, columns) = sides(x);
        let angle = values(&self.parameters(), raw, x).remove(0).view([-1]);
        let (cos, sin, zero) = (angle.cos(), angle.sin(), angle.zeros_like());
        let matrix = Tensor::stack(&[&cos, &(-&sin), &zero, &sin, &cos, &zero], 1).view([-1, 2, 3]);
        let angles = matrix.size()[0];
        let grid = Tensor::affine_grid_generator(&matrix, [angles, 1, rows, columns], ALIGN_CORNERS);
        sample(x, &grid, self.padding)
    }
}
