//! CutDiff: a soft, turned, elliptic patch that darkens or fills a part of the image (ST-SSAD, arXiv 2306.12033).

use tch::Tensor;

use super::geometry::{drawn, ellipse};
use super::{Augmentation, Bound, Draw, Needs, Parameter, named, values};

/// What the patch does to the image x where its mask is m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PatchMode {
    /// clamp(x - m, 0, 1), as in the paper.
    Subtract,
    /// x + m (fill - x), with fill in [0, 1].
    Blend { fill: f64 },
    /// x + s m (fill - x), with a further hyperparameter `strength` s between two bounds in [0, 1].
    Veil { fill: f64, strength: (f64, f64) },
}

/// The differentiable CutOut, with raw parameters for area, aspect, angle (and strength).
///
/// With rho the aspect, w = sqrt(area rho) and h = sqrt(area / rho) in fractions of the side; the mask is that of
/// [`ellipse`] about a centre drawn for every image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutDiff {
    /// Bounds (lo, hi) of the patch's area, 0 < lo < hi, as fractions of the image.
    pub area: (f64, f64),
    /// The aspect stays between 1/max_aspect and max_aspect; above 1.
    pub max_aspect: f64,
    /// Above 0; the smaller, the harder the patch's edge.
    pub softness: f64,
    pub mode: PatchMode,
}

impl Default for CutDiff {
    fn default() -> Self {
        Self {
            area: (0.01, 0.25),
            max_aspect: 4.0,
            softness: 0.1,
            mode: PatchMode::Subtract,
        }
    }
}

impl Augmentation for CutDiff {
    fn name(&self) -> &'static str {
        "cutdiff"
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = patch_parameters(self.area, self.max_aspect);
        if let PatchMode::Veil { strength: (lo, hi), .. } = self.mode {
            parameters.extend(named([("strength", Bound::Between { lo, hi })]));
        }
        parameters
    }

    fn needs(&self) -> Needs {
        Needs {
            centers: true,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let a = values(self, raw, x);
        let mask = patch_mask(&a, x, draw, self.softness);
        match self.mode {
            PatchMode::Subtract => (x - mask).clamp(0.0, 1.0),
            PatchMode::Blend { fill } => x + mask * (fill - x),
            PatchMode::Veil { fill, .. } => x + mask * &a[3] * (fill - x),
        }
    }
}

/// The hyperparameters of a patch: `area` (fraction of the image), `aspect` (width over height), `angle_deg`.
pub(super) fn patch_parameters((lo, hi): (f64, f64), max: f64) -> Vec<Parameter> {
    named([
        ("area", Bound::Between { lo, hi }),
        ("aspect", Bound::Factor { max }),
        ("angle_deg", Bound::Angle),
    ])
}

/// The mask [B, 1, H, W] of the patches whose area, aspect and angle `a` begins with.
pub(super) fn patch_mask(a: &[Tensor], x: &Tensor, draw: &Draw, softness: f64) -> Tensor {
    let (area, aspect, angle) = (&a[0], &a[1], &a[2]);
    let (w, h) = ((area * aspect).sqrt(), (area / aspect).sqrt());
    ellipse(x, &drawn(draw.centers.as_ref(), x), &w, &h, angle, softness)
}
