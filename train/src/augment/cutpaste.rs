//! Soft CutPaste: a patch of the image, or of another one, pasted elsewhere through CutDiff's mask (after CutPaste,
//! arXiv 2104.04015, made differentiable).

use augur_core::spec::{CutpasteSpec, Parameter, PatchSource};
use tch::Tensor;

use super::cutdiff::patch_mask;
use super::geometry::shifted;
use super::{Augmentation, Draw, Needs, values};

/// y = x + m (s - x), where m is CutDiff's mask and s the source moved by (shift_x, shift_y), fractions of the side:
/// s(p) = source(p + shift), read bilinearly and mirrored at the border.
impl Augmentation for CutpasteSpec {
    fn name(&self) -> &'static str {
        "cutpaste"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn needs(&self) -> Needs {
        Needs {
            centers: true,
            partners: self.source == PatchSource::Other,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let a = values(&self.parameters(), raw, x);
        let mask = patch_mask(&a, x, draw, self.softness);
        let pasted = match self.source {
            PatchSource::Own => shifted(x, &a[3], &a[4]),
            PatchSource::Other => {
                let partners = draw.partners.as_ref().expect("the draw holds what the family needs");
                let others = x.index_select(0, &partners.to_device(x.device()));
                shifted(&others, &a[3], &a[4])
            }
        };
        x + mask * (pasted - x)
    }
}
