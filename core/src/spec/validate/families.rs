//! Families and their starting points.

use super::Faults;
use crate::{
    outcome::Hyperparameters,
    spec::{CutdiffSpec, FamilySpec, Form, StartScheme, Starts, canonical_json},
};
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
        if let FamilySpec::Cutdiff(cutdiff) = family {
            cutdiff_bounds(cutdiff, &path, faults);
        }
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
        Starts::Scheme(StartScheme::Sobol(n)) => faults.check(*n <= MAX_SOBOL, &*path, || {
            format!("{n} points are too many for the Sobol sequence; use at most {MAX_SOBOL}")
        }),
        Starts::Scheme(StartScheme::Grid(_) | StartScheme::Random(_)) => {}
    }
}

fn cutdiff_bounds(cutdiff: &CutdiffSpec, path: &str, faults: &mut Faults) {
    let [low, high] = cutdiff.area;
    faults.check(low > 0.0 && low < high && high <= 1.0, format!("{path}.area"), || {
        format!("[{low}, {high}] is no range of areas; write [low, high] with 0 < low < high <= 1")
    });
    faults.check(
        cutdiff.max_aspect > 1.0 && cutdiff.max_aspect.is_finite(),
        format!("{path}.max_aspect"),
        || format!("{} must be above 1", cutdiff.max_aspect),
    );
    faults.check((0.0..=1.0).contains(&cutdiff.fill), format!("{path}.fill"), || {
        format!("{} is no grey value; write one between 0 and 1", cutdiff.fill)
    });
}

/// A start names every hyperparameter of its family, no other, each within its bounds.
fn start(family: &FamilySpec, start: &Hyperparameters, path: &str, faults: &mut Faults) {
    let bounds = family.bounds();
    let names: Vec<_> = bounds.iter().map(|(name, ..)| *name).collect();
    for name in start.keys() {
        faults.check(names.contains(&name.as_str()), format!("{path}.{name}"), || {
            format!(
                "{} has no hyperparameter of this name; it has {}",
                family.name(),
                names.join(", ")
            )
        });
    }
    for (name, low, high) in bounds {
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
