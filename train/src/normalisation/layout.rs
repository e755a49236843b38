//! What all normal images share, taken out: contrast of each image, mean image, leading principal components.
//!
//! Solar cells, circuit boards and other things made by one mould look alike; what is left shows where one differs.

use tch::{Kind, Tensor, no_grad};

/// Added to an image's variance, so that an image of one value stays 0 and has a gradient.
const SMALLEST_VARIANCE: f64 = 1e-6;
/// The residuals' deviation where training images have none.
const SMALLEST_STD: f64 = 1e-6;

/// A linear map of images that were brought to one contrast.
#[derive(Debug)]
pub(super) struct Layout {
    /// Whether each image is brought to mean 0 and variance 1 first.
    pub contrast: bool,
    /// [1, C, H, W]
    pub mean: Tensor,
    /// Orthonormal rows [K, C H W].
    pub components: Tensor,
    /// One over the standard deviation of the training images' residuals, [].
    pub inverse_std: Tensor,
}

impl Layout {
    /// From the training images x [N, C, H, W]; K is at most `components`, N - 1 and C H W.
    pub fn fit(x: &Tensor, contrast: bool, components: u32) -> Self {
        no_grad(|| {
            let wide = x.to_kind(Kind::Double);
            let wide = if contrast { standardised(&wide) } else { wide };
            let mean = wide.mean_dim(0, true, Kind::Double);
            let centred = (&wide - &mean).flatten(1, -1);
            let components = principal(&centred, components.into());
            let left = &centred - centred.matmul(&components.tr()).matmul(&components);
            let std = left.square().mean(Kind::Double).sqrt().clamp_min(SMALLEST_STD);
            Self {
                contrast,
                mean: mean.to_kind(x.kind()),
                components: components.to_kind(x.kind()).contiguous(),
                inverse_std: std.reciprocal().to_kind(x.kind()),
            }
        })
    }

    /// (I - B' B) (x - mean) / std for x [N, C, H, W], with B the components.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let x = if self.contrast {
            standardised(x)
        } else {
            x.shallow_clone()
        };
        let centred = x - &self.mean;
        let flat = centred.flatten(1, -1);
        let shared = flat.matmul(&self.components.tr()).matmul(&self.components);
        ((flat - shared) * &self.inverse_std).view_as(&centred)
    }
}

/// Each image of x [N, C, H, W] with mean 0 and, but for [`SMALLEST_VARIANCE`], variance 1.
pub(crate) fn standardised(x: &Tensor) -> Tensor {
    let dims = [1i64, 2, 3];
    let centred = x - x.mean_dim(dims.as_slice(), true, x.kind());
    let variance = centred.square().mean_dim(dims.as_slice(), true, x.kind());
    centred * (variance + SMALLEST_VARIANCE).rsqrt()
}

/// The leading principal components [K, D] of centred rows [N, D]: by the smaller one of the two matrices whose
/// eigenvectors give them.
fn principal(rows: &Tensor, most: i64) -> Tensor {
    let (n, d) = rows.size2().expect("rows [N, D]");
    let count = most.min(n - 1).min(d).max(0);
    let last = |vectors: Tensor| vectors.narrow(1, vectors.size()[1] - count, count).flip([1i64]);
    if d <= n {
        let (_, vectors) = rows.tr().matmul(rows).linalg_eigh("L");
        return last(vectors).tr();
    }
    let (values, vectors) = rows.matmul(&rows.tr()).linalg_eigh("L");
    let largest = values.narrow(0, n - 1, 1);
    // A direction without variance has no length to be divided by: it becomes 0 and takes nothing out.
    let kept = values.gt_tensor(&(largest * 1e-12)).to_kind(rows.kind());
    let scale = values.clamp_min(1e-300).rsqrt() * kept;
    (last(vectors * scale).tr()).matmul(rows)
}
