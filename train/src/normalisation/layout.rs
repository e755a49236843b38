//! What all normal images share, taken out: contrast of each image, mean image, leading principal components.
//!
//! Solar cells, circuit boards and other things made by one mould look alike; what is left shows where one differs.

use tch::{Kind, Tensor, no_grad};

/// Added to an image's variance, so that an image of one value stays 0 and has a gradient.
const SMALLEST_VARIANCE: f64 = 1e-6;
/// The residuals' deviation where training images have none.
const SMALLEST_STD: f64 = 1e-6;

/// The share of the largest variance below which a direction counts as one without.
const NO_VARIANCE: f64 = 1e-12;

/// So many components that little is left of the images which they are taken from.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{components} components would take out nearly all of {images} training images (mirror images counted) of {values} \
     values; write at most {most} in `layout.components`, or train on more images"
)]
pub struct TooManyComponents {
    pub components: u32,
    pub images: i64,
    pub values: i64,
    pub most: i64,
}

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
    /// From the training images x [N, C, H, W], with K = `components`.
    ///
    /// # Errors
    /// K above N / 2, N - 2 or C H W - 1: the residuals of the training images would be too small to measure others by.
    pub fn fit(x: &Tensor, contrast: bool, components: u32) -> Result<Self, TooManyComponents> {
        let images = x.size()[0];
        let values = x.size()[1..].iter().product();
        let most = (images / 2).min(images - 2).min(values - 1).max(0);
        if i64::from(components) > most {
            return Err(TooManyComponents {
                components,
                images,
                values,
                most,
            });
        }
        Ok(no_grad(|| {
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
        }))
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

/// The leading `count` principal components [K, D] of centred rows [N, D]: by the smaller one of the two matrices whose
/// eigenvectors give them. A direction without variance becomes 0 and takes nothing out, least of all what is new.
fn principal(rows: &Tensor, count: i64) -> Tensor {
    let (n, d) = rows.size2().expect("rows [N, D]");
    let by_column = d <= n;
    let products = if by_column {
        rows.tr().matmul(rows)
    } else {
        rows.matmul(&rows.tr())
    };
    let (values, vectors) = products.linalg_eigh("L");
    let last = values.size()[0] - 1;
    let kept = values.gt_tensor(&(values.narrow(0, last, 1) * NO_VARIANCE));
    let vectors = vectors * kept.to_kind(rows.kind());
    let leading = |vectors: Tensor| vectors.narrow(1, last + 1 - count, count).flip([1i64]).tr();
    if by_column {
        return leading(vectors);
    }
    leading(vectors * values.clamp_min(f64::MIN_POSITIVE).rsqrt()).matmul(rows)
}
