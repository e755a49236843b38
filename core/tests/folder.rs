//! The spec of a sweep on a folder of one's own images: what is accepted, and the text of every refusal.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    plan::Plan,
    spec::{DataSpec, SpecError, parse},
};

const OWN: &str = "\
version: 1
name: own
data:
  folder: {root: my-images}
split: {held_out: 10, seed: 3}
tasks:
  - {normal: screws, anomaly: unlabelled}
families:
  - rotation: {starts: [{angle_deg: 110}]}
seeds: [0]
";

/// What is said of OWN after `from` became `to`.
fn refusal(from: &str, to: &str) -> String {
    assert!(OWN.contains(from), "{from:?} does not stand in the spec");
    let Err(SpecError { faults }) = parse(&OWN.replace(from, to)) else {
        panic!("accepted {to:?}")
    };
    let texts: Vec<_> = faults.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

#[test]
fn a_folder_has_its_documented_defaults() {
    let spec = parse(OWN).unwrap();
    let DataSpec::Folder(folder) = &spec.data else {
        panic!("{:?}", spec.data)
    };
    assert_eq!(
        (folder.root.as_str(), folder.size_px, folder.colour),
        ("my-images", 64, false)
    );
    assert_eq!(spec.tasks[0].name(), "screws");
    assert!(parse(&OWN.replace("split: {held_out: 10, seed: 3}\n", "")).is_ok());
    assert!(parse(&OWN.replace("my-images}", "my-images, size_px: 1024, colour: true}")).is_ok());
    let json = augur_core::spec::canonical_json(&spec);
    assert_eq!(
        serde_json::from_str::<augur_core::spec::SweepSpec>(&json).unwrap(),
        spec
    );
}

#[test]
fn another_folder_is_another_trial() {
    let id = |yaml: &str| Plan::new(parse(yaml).unwrap()).trial(0).id();
    assert_eq!(id(OWN), id(&OWN.replace("normal: screws", "name: a, normal: screws")));
    for (from, to) in [("my-images", "others"), ("my-images", "my-images, colour: true")] {
        assert_ne!(id(OWN), id(&OWN.replace(from, to)));
    }
}

#[test]
fn the_data_is_refused() {
    insta::assert_snapshot!(refusal("root: my-images", "size_px: 64"), @"line 4, column 12: missing field `root`");
    insta::assert_snapshot!(refusal("my-images", "''"), @"line 4, column 18: `data.folder.root`: name the folder that holds the images");
    insta::assert_snapshot!(refusal("my-images", "my-images, size_px: 7"), @"line 4, column 38: `data.folder.size_px`: 7 is out of range; images can be 8 to 1024 pixels wide");
    insta::assert_snapshot!(refusal("my-images", "my-images, size_px: 1025"), @"line 4, column 38: `data.folder.size_px`: 1025 is out of range; images can be 8 to 1024 pixels wide");
    insta::assert_snapshot!(refusal("my-images", "my-images, color: true"), @"line 4, column 29: unknown field `color`, expected one of root, size_px, colour");
}

#[test]
fn the_split_is_refused() {
    insta::assert_snapshot!(refusal("held_out: 10", "train: 400"), @"line 5, column 16: `split.train`: all images in the folder's `train` are used, so that 400 has no meaning; remove this key");
    insta::assert_snapshot!(refusal("held_out: 10", "validation_normal: 1, validation_anomalous: 2"), @r#"
line 5, column 28: `split.validation_normal`: all images in the folder's `validation` are used, so that 1 has no meaning; remove this key
line 5, column 53: `split.validation_anomalous`: all images in the folder's `validation` are used, so that 2 has no meaning; remove this key
"#);
    insta::assert_snapshot!(refusal("held_out: 10", "held_out: 1"), @"line 5, column 19: `split.held_out`: 1 image or none is too few; hold out at least 2, or remove this key for a tenth");
}

#[test]
fn the_task_is_refused() {
    for way_out in [
        "..",
        ".",
        "''",
        "../nuts",
        "/nuts",
        "nuts/small",
        "nuts\\small",
        "\"nuts\\0\"",
    ] {
        let text = refusal("screws", way_out);
        assert!(text.contains("is no folder's name"), "{way_out}: {text}");
    }
    insta::assert_snapshot!(refusal("screws", "../nuts"), @r#"line 7, column 14: `tasks[0].normal`: "../nuts" is no folder's name; name a folder in `data.folder.root`, without `/`"#);
    insta::assert_snapshot!(refusal("unlabelled", "{class: nuts}"), @"line 7, column 31: `tasks[0].anomaly`: a folder's images have no labels; write `unlabelled`, or lay them out as MVTec AD does and write `data: {mvtec_ad: {root: FOLDER}}`");
    insta::assert_snapshot!(refusal("unlabelled", "unlabeled"), @"line 7, column 31: unknown variant `unlabeled`, expected one of class, classes, any, planted, unlabelled");
    insta::assert_snapshot!(refusal("folder: {root: my-images}\nsplit: {held_out: 10, seed: 3}", "fashion_mnist: {}"), @"line 6, column 31: `tasks[0].anomaly`: fashion_mnist has labels; write `{class: NAME}`, `any` or `{planted: {rotate_deg: ANGLE}}`");
    insta::assert_snapshot!(refusal("unlabelled}", "unlabelled}\n  - {name: again, normal: screws, anomaly: unlabelled}"), @"line 8, column 5: `tasks[1]`: this task stands twice under different names; remove one");
}
