//! From a spec's families to augmentations.

use augur_core::spec::{CutdiffMode, FamilySpec};

use super::{Augmentation, CutDiff, PatchMode, Rotation};

/// The family that a spec describes. The spec's bounds were checked when it was parsed.
pub fn from_spec(spec: &FamilySpec) -> Box<dyn Augmentation> {
    match spec {
        FamilySpec::Rotation(rotation) => Box::new(Rotation {
            padding: rotation.padding,
        }),
        FamilySpec::Cutdiff(cutdiff) => Box::new(CutDiff {
            area: cutdiff.area.into(),
            max_aspect: cutdiff.max_aspect,
            mode: match cutdiff.mode {
                CutdiffMode::Subtract => PatchMode::Subtract,
                CutdiffMode::Blend => PatchMode::Blend { fill: cutdiff.fill },
            },
            ..CutDiff::default()
        }),
    }
}
