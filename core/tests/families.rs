//! Families as users write them: what is accepted, what each has for hyperparameters, and the text of every refusal.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::spec::{SpecError, SweepSpec, parse};
use insta::assert_snapshot;

fn spec(data: &str, family: &str) -> Result<SweepSpec, SpecError> {
    parse(&format!(
        "version: 1\nname: families\ndata: {data}\ntasks: [{{normal: sneaker, anomaly: {{class: bag}}}}]\n\
         seeds: [0]\nfamilies:\n  - {family}\n"
    ))
}

fn grey(family: &str) -> Result<SweepSpec, SpecError> {
    spec("{fashion_mnist: {}}", family)
}

/// The hyperparameters of a family with the values of a grid of one.
fn middle(family: &str) -> String {
    let spec = spec("{cifar10: {}}", family).unwrap_or_else(|error| panic!("{family}: {error}"));
    let named = spec.families[0].start(0, &spec.tasks[0], 0).into_iter();
    named.map(|(name, value)| format!("{name} {value:.4}\n")).collect()
}

#[test]
fn every_family_has_its_hyperparameters() {
    let all = [
        "rotation: {starts: {grid: 1}}",
        "cutdiff: {starts: {grid: 1}}",
        "cutdiff: {mode: blend, strength: [0.2, 1], softness: 0.3, starts: {grid: 1}}",
        "cutpaste: {source: other, starts: {grid: 1}}",
        "scar: {source: self, starts: {grid: 1}}",
        "blur: {starts: {grid: 1}}",
        "noise: {starts: {grid: 1}}",
        "brightness_contrast: {starts: {grid: 1}}",
        "hue_saturation: {starts: {grid: 1}}",
        "elastic: {starts: {grid: 1}}",
        "cutdiff: {form: distribution, starts: {grid: 1}}",
        "compose: {parts: [cutdiff: {}, blur: {form: distribution}, cutdiff: {form: random}], starts: {grid: 1}}",
    ];
    let text: String = all
        .iter()
        .map(|family| format!("# {family}\n{}", middle(family)))
        .collect();
    assert_snapshot!(text);
}

#[test]
fn a_random_family_has_one_candidate_and_no_start() {
    let spec = grey("cutpaste: {form: random}").unwrap();
    assert_eq!(spec.families[0].starts_count(), 1);
    assert!(spec.families[0].start(0, &spec.tasks[0], 0).is_empty());
}

#[test]
fn a_distribution_is_passed_on_to_the_parts_of_a_composition() {
    let spec =
        grey("compose: {form: distribution, parts: [blur: {}, noise: {form: fixed}], starts: {sobol: 2}}").unwrap();
    let names: Vec<_> = spec.families[0].parameters().into_iter().map(|p| p.name).collect();
    let expected = [
        "blur.sigma_px",
        "blur.sigma_px_spread",
        "noise.sigma",
        "weight.blur",
        "weight.noise",
    ];
    assert_eq!(names, expected);
}

#[test]
fn refusals_say_what_to_do() {
    let wrong = [
        "cutdiff: {strength: [0.1, 0.9], starts: {grid: 1}}",
        "cutdiff: {softness: 0, area: [0, 0.2], starts: {grid: 1}}",
        "cutpaste: {max_shift: 2, starts: {grid: 1}}",
        "cutpaste: {source: mirror, starts: {grid: 1}}",
        "scar: {length: [0.5, 0.2], starts: {grid: 1}}",
        "blur: {sigma_px: [0, 2], starts: {grid: 1}}",
        "noise: {starts: [{sigma: 0.7}]}",
        "brightness_contrast: {max_contrast: 1, max_brightness: 3, starts: {grid: 1}}",
        "hue_saturation: {starts: {grid: 1}}",
        "elastic: {amplitude: [0, 0.9], starts: {grid: 1}}",
        "noise: {form: distribution, starts: [{sigma: 0.2}]}",
        "compose: {parts: [blur: {}], starts: {grid: 1}}",
        "compose: {parts: [blur: {}, compose: {parts: [blur: {}, noise: {}]}], starts: {grid: 1}}",
        "compose: {parts: [blur: {starts: {grid: 2}}, noise: {}], starts: {grid: 1}}",
        "compose: {parts: [blur: {}, hue_saturation: {}], starts: {grid: 1}}",
        "compose: {parts: [blur: {}, noise: {}], starts: [{weight.blur: 0.5, weight.noise: 0.5, blur.sigma_px: 9}]}",
    ];
    let mut text = String::new();
    for family in wrong {
        let SpecError { faults } = grey(family).expect_err(family);
        text += &format!("{family}\n");
        faults.iter().for_each(|fault| text += &format!("    {fault}\n"));
    }
    assert_snapshot!(text);
}

#[test]
fn a_sobol_sequence_has_256_dimensions() {
    // A blur has a hyperparameter of its own and a weight.
    let blurs = |n| {
        format!(
            "compose: {{parts: [{}], starts: {{sobol: 2}}}}",
            vec!["blur: {}"; n].join(", ")
        )
    };
    let most = grey(&blurs(128)).unwrap();
    assert_eq!(most.families[0].start(1, &most.tasks[0], 0).len(), 256);
    let SpecError { faults } = grey(&blurs(129)).unwrap_err();
    assert_eq!(
        (faults.len(), &*faults[0].path),
        (1, "families[0].compose.starts"),
        "{faults:?}"
    );
    assert!(faults[0].message.starts_with("258 hyperparameters"), "{faults:?}");
}

#[test]
fn planted_anomalies_are_named_and_checked() {
    let planted = |planted: &str| {
        parse(&format!(
            "version: 1\nname: p\ndata: {{fashion_mnist: {{}}}}\nseeds: [0]\nfamilies: [blur: {{starts: {{grid: 1}}}}]\n\
             tasks: [{{normal: sneaker, anomaly: {{planted: {{{planted}}}}}}}]\n"
        ))
    };
    let mut text = String::new();
    for change in [
        "cutdiff: {area: 0.05}",
        "blur: {sigma_px: 1.5}",
        "noise: {sigma: 0.2}",
        "rotate_deg: 90",
    ] {
        let spec = planted(change).unwrap();
        text += &format!("{}\n", spec.tasks[0].name());
    }
    for change in [
        "cutdiff: {area: 0, aspect: 0}",
        "blur: {sigma_px: 0}",
        "noise: {sigma: -1}",
        "blur: {}",
    ] {
        text += &format!("{}\n", planted(change).unwrap_err());
    }
    assert_snapshot!(text);
}
