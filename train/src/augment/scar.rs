//! Scar: a long, thin, soft line that shows a grey value or another part of the image (after CutPaste-scar,
//! arXiv 2104.04015, made differentiable).

use augur_core::spec::{Parameter, ScarSource, ScarSpec};
use tch::Tensor;

use super::geometry::{drawn, ellipse, shifted};
use super::{Augmentation, Draw, Needs, values};

/// y = x + strength m (s - x), where m is the mask of [`ellipse`] with w = length and h = width, about a centre drawn
/// for every image, and s the grey value or the image moved as in CutPaste.
impl Augmentation for ScarSpec {
    fn name(&self) -> &'static str {
        "scar"
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
        let centers = drawn(draw.centers.as_ref(), x);
        let mask = ellipse(x, &centers, &a[0], &a[1], &a[2], self.softness) * &a[3];
        match self.source {
            ScarSource::Fill => x + mask * (self.fill - x),
            ScarSource::Own => x + mask * (shifted(x, &a[4], &a[5]) - x),
        }
    }
}
