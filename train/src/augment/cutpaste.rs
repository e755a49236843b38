//! Soft CutPaste: a patch of the image, or of another one, pasted elsewhere through CutDiff's mask (after CutPaste,
//! arXiv 2104.04015, made differentiable).

use tch::Tensor;

use super::cutdiff::{patch_mask, patch_parameters};
use super::geometry::shifted;
use super::{Augmentation, Bound, Draw, Needs, Parameter, named, values};

/// What a patch shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PatchSource {
    /// The image itself.
    #[default]
    Own,
    /// Another image of the batch.
    Other,
}

/// y = x + m (s - x), where m is CutDiff's mask and s the source moved by (shift_x, shift_y), fractions of the side:
/// s(p) = source(p + shift), read bilinearly and mirrored at the border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutPaste {
    pub source: PatchSource,
    /// As in [`super::CutDiff`].
    pub area: (f64, f64),
    pub max_aspect: f64,
    pub softness: f64,
    /// The shift stays between -max_shift and max_shift along each axis; above 0.
    pub max_shift: f64,
}

impl Default for CutPaste {
    fn default() -> Self {
        Self {
            source: PatchSource::Own,
            area: (0.01, 0.25),
            max_aspect: 4.0,
            softness: 0.1,
            max_shift: 0.5,
        }
    }
}

impl Augmentation for CutPaste {
    fn name(&self) -> &'static str {
        "cutpaste"
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = patch_parameters(self.area, self.max_aspect);
        parameters.extend(shift_parameters(self.max_shift));
        parameters
    }

    fn needs(&self) -> Needs {
        Needs {
            centers: true,
            partners: self.source == PatchSource::Other,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let a = values(self, raw, x);
        let mask = patch_mask(&a, x, draw, self.softness);
        let source = match self.source {
            PatchSource::Own => shifted(x, &a[3], &a[4]),
            PatchSource::Other => {
                let partners = draw.partners.as_ref().expect("the draw holds what the family needs");
                let others = x.index_select(0, &partners.to_device(x.device()));
                shifted(&others, &a[3], &a[4])
            }
        };
        x + mask * (source - x)
    }
}

/// The hyperparameters `shift_x`, `shift_y`: from where a patch is read, in fractions of the side.
pub(super) fn shift_parameters(max: f64) -> Vec<Parameter> {
    let bound = Bound::Between { lo: -max, hi: max };
    named([("shift_x", bound), ("shift_y", bound)])
}
