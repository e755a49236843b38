//! Families and their starting points.

mod options;

use super::Faults;
use crate::{
    outcome::Hyperparameters,
    spec::{FamilySpec, Form, StartScheme, Starts, SweepSpec, canonical_json},
};
use sobol_burley::NUM_DIMENSIONS;
use std::collections::BTreeSet;

/// What the library of the sequence gives at most.
const MAX_SOBOL: u32 = 65536;

/// The families that stand at `place`, such as `families` or `variants[2].families`.
pub(super) fn families(families: &[FamilySpec], place: &str, faults: &mut Faults) {
    faults.check(!families.is_empty(), place, || {
        "the search is empty: list at least one family".into()
    });
    let mut seen = BTreeSet::new();
    for (i, family) in families.iter().enumerate() {
        let path = format!("{place}[{i}].{}", family.name());
        options::options(family, &path, faults);
        starts(family, &path, faults, &mut seen);
    }
}

/// Starting points fit the form, are within their bounds and stand once.
fn starts(family: &FamilySpec, path: &str, faults: &mut Faults, seen: &mut BTreeSet<String>) {
    let path = format!("{path}.starts");
    if family.form() == Form::Random {
        faults.check(family.starts().is_empty(), path, || {
            "the form `random` draws for each image and has no starting points; remove them".into()
        });
        return;
    }
    faults.check(family.starts_count() > 0, &*path, || {
        "the search is empty: give at least one starting point".into()
    });
    match family.starts() {
        Starts::List(points) => {
            for (s, point) in points.iter().enumerate() {
                start(family, point, &format!("{path}[{s}]"), faults);
                let key = canonical_json(&(family.without_starts(), point));
                faults.check(seen.insert(key), format!("{path}[{s}]"), || {
                    "this starting point stands twice; remove one".into()
                });
            }
        }
        Starts::Scheme(StartScheme::Sobol(n)) => {
            faults.check(*n <= MAX_SOBOL, &*path, || {
                format!("{n} points are too many for the Sobol sequence; use at most {MAX_SOBOL}")
            });
            let dimensions = family.parameters().len();
            faults.check(dimensions <= NUM_DIMENSIONS as usize, &*path, || {
                format!(
                    "{dimensions} hyperparameters are too many for the Sobol sequence, which has {NUM_DIMENSIONS} \
                     dimensions; use `random`, or fewer parts"
                )
            });
        }
        Starts::Scheme(StartScheme::Grid(_) | StartScheme::Random(_)) => {}
    }
}

/// A start names every hyperparameter of its family, no other, each within its bounds.
fn start(family: &FamilySpec, start: &Hyperparameters, path: &str, faults: &mut Faults) {
    let parameters = family.parameters();
    for name in start.keys() {
        faults.check(
            parameters.iter().any(|p| p.name == *name),
            format!("{path}.{name}"),
            || {
                let names: Vec<_> = parameters.iter().map(|p| p.name.as_str()).collect();
                format!(
                    "{} has no hyperparameter of this name; it has {}",
                    family.name(),
                    names.join(", ")
                )
            },
        );
    }
    for parameter in &parameters {
        let (name, (low, high)) = (&parameter.name, parameter.bound.limits());
        match start.get(name) {
            None => faults.check(false, path, || {
                format!("`{name}` is missing; give a value in ({low}, {high})")
            }),
            // The bounds themselves are reached only at infinite raw parameters.
            Some(value) => faults.check(*value > low && *value < high, format!("{path}.{name}"), || {
                format!("{value} is out of range; choose a value strictly between {low} and {high}")
            }),
        }
    }
}

/// No family that changes colours where there are none.
pub(super) fn colours(spec: &SweepSpec, faults: &mut Faults) {
    if spec.data.colour() {
        return;
    }
    let mut grey = |families: &[FamilySpec], place: &str| {
        for (i, family) in families.iter().enumerate() {
            faults.check(!changes_colours(family), format!("{place}[{i}]"), || {
                "hue_saturation needs colour images, and these are grey; remove it, or write `colour: true` where the \
                 data set has colours"
                    .into()
            });
        }
    };
    grey(&spec.families, "families");
    for (i, variant) in spec.variants.iter().enumerate() {
        grey(
            variant.families.as_deref().unwrap_or_default(),
            &format!("variants[{i}].families"),
        );
    }
}

fn changes_colours(family: &FamilySpec) -> bool {
    match family {
        FamilySpec::HueSaturation(_) => true,
        FamilySpec::Compose(compose) => compose.parts.iter().any(changes_colours),
        _ => false,
    }
}
