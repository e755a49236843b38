//! CutDiff: a soft, turned, elliptic patch that darkens or fills a part of the image (ST-SSAD, arXiv 2306.12033).

use augur_core::spec::{CutdiffMode, CutdiffSpec, Parameter};
use tch::Tensor;

use super::geometry::{drawn, ellipse};
use super::{Augmentation, Draw, Needs, values};

/// With rho the aspect, w = sqrt(area rho) and h = sqrt(area / rho) in fractions of the side; the mask m is that of
/// [`ellipse`] about a centre drawn for every image.
impl Augmentation for CutdiffSpec {
    fn name(&self) -> &'static str {
        "cutdiff"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn needs(&self) -> Needs {
        Needs {
            centers: true,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let a = values(&self.parameters(), raw, x);
        let mask = patch_mask(&a, x, draw, self.softness);
        match self.mode {
            CutdiffMode::Subtract => (x - mask).clamp(0.0, 1.0),
            CutdiffMode::Blend => {
                let mask = if self.strength.is_some() { mask * &a[3] } else { mask };
                x + mask * (self.fill - x)
            }
        }
    }
}

/// The mask [B, 1, H, W] of the patches whose area, aspect and angle `a` begins with.
pub(super) fn patch_mask(a: &[Tensor], x: &Tensor, draw: &Draw, softness: f64) -> Tensor {
    let (area, aspect, angle) = (&a[0], &a[1], &a[2]);
    let (w, h) = ((area * aspect).sqrt(), (area / aspect).sqrt());
    ellipse(x, &drawn(draw.centers.as_ref(), x), &w, &h, angle, softness)
}
