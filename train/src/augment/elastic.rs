//! Elastic warp: every pixel read some way off, along a smooth random field (after Simard et al., 2003).

use augur_core::spec::{ElasticSpec, Padding, Parameter};
use tch::Tensor;

use super::geometry::{drawn, gaussian_exponent, pixel_grid, sample, sides};
use super::{Augmentation, Draw, Needs, values};

/// y(p) = x(p + amplitude d(p)), read bilinearly and mirrored at the border. The field d = K_H n K_W^T smooths white
/// noise n along each axis, K_ij = exp(-(i - j)^2 / (2 smoothness^2)), each row divided by its Euclidean norm: so the
/// displacement has the standard deviation `amplitude` in every pixel, however smooth it is.
impl Augmentation for ElasticSpec {
    fn name(&self) -> &'static str {
        "elastic"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn needs(&self) -> Needs {
        Needs {
            displacement: true,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let (rows, columns) = sides(x);
        let a = values(&self.parameters(), raw, x);
        let (amplitude, smoothness) = (&a[0], &a[1]);
        let kernel = |n: i64| {
            let weights = gaussian_exponent(n, smoothness).exp();
            // At least 1: a pixel's own weight.
            let norm = weights
                .square()
                .sum_dim_intlist([-1i64].as_slice(), true, x.kind())
                .sqrt();
            weights / norm
        };
        let noise = drawn(draw.displacement.as_ref(), x);
        let field = kernel(rows).matmul(&noise).matmul(&kernel(columns).transpose(-1, -2));
        // The frame [-1, 1] is two wide.
        let moved = (amplitude * field * 2.0).permute([0, 2, 3, 1]);
        sample(x, &(pixel_grid(x) + moved), Padding::Reflection)
    }
}
