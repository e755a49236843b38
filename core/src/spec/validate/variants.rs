//! Variants: their names, and what may stand beside a baseline.

use super::{Faults, baselines::baseline, families::families, is_name, training};
use crate::spec::{BaselineSpec, FamilySpec, METHOD, Score, SweepSpec, VariantSpec, canonical_json};
use std::collections::BTreeSet;

pub(super) fn variants(spec: &SweepSpec, faults: &mut Faults) {
    let mut names = BTreeSet::from([METHOD]);
    let mut contents = BTreeSet::new();
    for (i, variant) in spec.variants.iter().enumerate() {
        let path = format!("variants[{i}]");
        let name = &variant.name;
        faults.check(is_name(name), format!("{path}.name"), || {
            format!("{name:?} is no variant's name; use 1 to 63 lower-case letters, digits and hyphens")
        });
        faults.check(names.insert(name), format!("{path}.name"), || {
            format!("{name:?} is taken; give each variant a name of its own, other than {METHOD:?}")
        });
        // Its trials would be the same trials twice.
        let mut content = variant.clone();
        content.name.clear();
        faults.check(contents.insert(canonical_json(&content)), &*path, || {
            "this variant stands twice under different names; remove one".into()
        });
        parts(variant, &path, faults);
        something_to_tune(variant, &spec.families, &path, faults);
        random_head(variant, spec.score, &path, faults);
    }
}

/// Where nothing is tuned, it makes no difference how: its trials would be another row's under a name that misleads.
fn something_to_tune(variant: &VariantSpec, families: &[FamilySpec], path: &str, faults: &mut Faults) {
    let families = variant.families.as_deref().unwrap_or(families);
    let tuned = variant.baseline.is_some() || families.iter().any(|family| family.form().is_tuned());
    for (key, given) in [
        ("hypergradient", variant.hypergradient.is_some()),
        ("validation_loss", variant.validation_loss.is_some()),
    ] {
        faults.check(tuned || !given, format!("{path}.{key}"), || {
            format!("none of this variant's families is tuned, so `{key}` changes nothing; remove it, or list a family of the form `tuned` or `distribution`")
        });
    }
}

/// A head that nothing has trained says nothing.
fn random_head(variant: &VariantSpec, score: Score, path: &str, faults: &mut Faults) {
    let random = matches!(
        variant.baseline,
        Some(BaselineSpec::Untrained(_) | BaselineSpec::Pretrained(_))
    );
    let place = if variant.score.is_some() { "score" } else { "baseline" };
    let reads_head = variant.score.unwrap_or(score) == Score::Logit;
    faults.check(!(random && reads_head), format!("{path}.{place}"), || {
        "the logit of this baseline's random head says nothing; give the variant `score: gde` or `score: {knn: {}}`"
            .into()
    });
}

fn parts(variant: &VariantSpec, path: &str, faults: &mut Faults) {
    let tuned = [
        ("families", variant.families.is_some()),
        ("hypergradient", variant.hypergradient.is_some()),
        ("validation_loss", variant.validation_loss.is_some()),
    ];
    if let Some(own) = &variant.baseline {
        baseline(own, &format!("{path}.baseline"), faults);
        for (key, given) in tuned {
            faults.check(!given, format!("{path}.{key}"), || {
                format!("a baseline has no augmentation to tune; remove `{key}`")
            });
        }
    } else {
        let changed = tuned.iter().any(|(_, given)| *given) || variant.score.is_some() || variant.detector.is_some();
        faults.check(changed, path, || {
            "this variant is the method itself; say what it does otherwise, such as `hypergradient: first_order`".into()
        });
    }
    if let Some(own) = &variant.families {
        families(own, &format!("{path}.families"), faults);
    }
    if let Some(own) = &variant.detector {
        training::detector(own, &format!("{path}.detector"), faults);
    }
    if let Some(own) = &variant.score {
        training::score(own, &format!("{path}.score"), faults);
    }
}
