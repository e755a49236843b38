//! Which points are shown of which family.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

use super::*;
use augur_core::spec::parse;

/// The family that stands in YAML flow style in a spec, with its first start.
fn family(yaml: &str) -> (FamilySpec, Hyperparameters) {
    let text = format!(
        "version: 1\nname: shown\ndata: {{fashion_mnist: {{}}}}\nseeds: [0]\n\
         tasks: [{{normal: sneaker, anomaly: {{class: bag}}}}]\nfamilies: [{{{yaml}}}]\n"
    );
    let mut spec = parse(&text).unwrap();
    let family = spec.families.remove(0);
    let start = family.start(0, &spec.tasks[0], 0);
    (family, start)
}

fn titles(panels: &[Panel]) -> Vec<String> {
    panels.iter().map(Panel::title).collect()
}

fn labels(panel: &Panel) -> Vec<&str> {
    panel.columns.iter().map(|column| &*column.label).collect()
}

#[test]
fn a_tuned_family_over_each_range_from_its_first_start() {
    let (family, start) = family("cutdiff: {starts: [{area: 0.03, aspect: 1, angle_deg: 10}]}");
    let panels = panels(&family, &start);
    assert_eq!(titles(&panels), ["area", "aspect", "angle_deg"]);
    assert_eq!(labels(&panels[0]), ["0.01", "0.0224", "0.05", "0.112", "0.25"]);
    assert_eq!(labels(&panels[1]), ["0.25", "0.5", "1", "2", "4"]);
    assert_eq!(labels(&panels[2]), ["36°", "108°", "180°", "252°", "324°"]);
    assert_eq!(panels[0].held, "with angle_deg = 10°, aspect = 1");
    // A turned circle is a circle.
    assert_eq!(panels[2].held, "with area = 0.03, aspect = 2");
    let point = &panels[0].columns[4].point;
    assert!(point["area"] < 0.25 && point["aspect"] == 1.0 && point.len() == 3);
}

#[test]
fn a_random_family_as_draws() {
    let (family, start) = family("rotation: {form: random}");
    let panels = panels(&family, &start);
    assert_eq!(titles(&panels), ["draws"]);
    assert_eq!(panels[0].held, "every image drawn from angle_deg 0° to 360°");
    let draws: Vec<_> = panels[0].columns.iter().map(|column| column.draw).collect();
    assert_eq!(draws, [0, 1, 2, 3, 4]);
}

#[test]
fn a_distribution_over_its_centres_and_as_draws() {
    let (family, start) = family("rotation: {form: distribution, starts: [{angle_deg: 90, angle_deg_spread: 15}]}");
    let panels = panels(&family, &start);
    assert_eq!(titles(&panels), ["angle_deg", "draws"]);
    assert_eq!(panels[0].columns[0].point.len(), 1);
    assert_eq!(panels[1].held, "at angle_deg = 90°, angle_deg_spread = 15°");
}

#[test]
fn a_composition_by_its_parts_and_mixed() {
    let (family, start) = family(
        "compose: {parts: [{blur: {}}, {rotation: {form: random}}, {blur: {form: fixed}}], \
         starts: [{blur.sigma_px: 1, blur_2.sigma_px: 2, weight.blur: 0.5, weight.rotation: 0.3, weight.blur_2: 0.2}]}",
    );
    let panels = panels(&family, &start);
    let expected = [
        "blur · sigma_px",
        "rotation · draws",
        "blur_2 · sigma_px",
        "mixed draws",
    ];
    assert_eq!(titles(&panels), expected);
    assert_eq!(panels[3].columns[0].point, start);
}

#[test]
fn every_point_of_every_panel_can_be_applied() {
    let images = augur_data::Images {
        data: vec![0.5; 3 * 3 * 64],
        count: 3,
        channels: 3,
        height: 8,
        width: 8,
    };
    let preview = augur_train::preview::Preview::new(&images, 3, 0, 1);
    for yaml in [
        "cutpaste: {source: other, starts: {sobol: 1}}",
        "scar: {form: distribution, starts: {grid: 1}}",
        "noise: {form: fixed, starts: {random: 1}}",
        "elastic: {starts: {sobol: 1}}",
        "compose: {form: distribution, parts: [{blur: {}}, {scar: {}}], starts: {sobol: 1}}",
        "compose: {form: random, parts: [{noise: {}}, {cutdiff: {}}]}",
    ] {
        let (family, start) = family(yaml);
        for panel in panels(&family, &start) {
            for column in &panel.columns {
                let y = preview.augmented(&panel.family, &column.point, column.draw);
                assert_eq!(y.unwrap().count, 3, "{yaml}: {}", panel.title());
            }
        }
    }
}
