//! From a spec's families to augmentations.

use augur_core::spec::{FamilySpec, Form};

use super::{Augmentation, Compose, Distribution, Random};

/// The family that a spec describes, in its form. The spec's bounds were checked when it was parsed.
pub fn from_spec(spec: &FamilySpec) -> Box<dyn Augmentation> {
    let family = plain(spec);
    match (spec.form(), spec) {
        (Form::Random, _) => Box::new(Random(family)),
        // Its parts are distributions already.
        (Form::Distribution, FamilySpec::Compose(_)) => family,
        (Form::Distribution, _) => Box::new(Distribution(family)),
        // Whether steps are made is the trial's business.
        (Form::Tuned | Form::Fixed, _) => family,
    }
}

fn plain(spec: &FamilySpec) -> Box<dyn Augmentation> {
    match spec.without_starts() {
        FamilySpec::Rotation(spec) => Box::new(spec),
        FamilySpec::Cutdiff(spec) => Box::new(spec),
        FamilySpec::Cutpaste(spec) => Box::new(spec),
        FamilySpec::Scar(spec) => Box::new(spec),
        FamilySpec::Blur(spec) => Box::new(spec),
        FamilySpec::Noise(spec) => Box::new(spec),
        FamilySpec::BrightnessContrast(spec) => Box::new(spec),
        FamilySpec::HueSaturation(spec) => Box::new(spec),
        FamilySpec::Elastic(spec) => Box::new(spec),
        FamilySpec::Compose(spec) => Box::new(Compose::new(spec)),
    }
}
