//! The data part of a spec: data sets, mixes of anomalies, counts; what is accepted, and the text of every refusal.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    plan::Plan,
    spec::{AnomalySpec, Cifar100Labels, Count, DataSpec, SpecError, SweepSpec, parse},
};

fn yaml(data: &str, task: &str, split: &str) -> String {
    format!(
        "version: 1\nname: test\ndata: {data}\ntasks:\n  - {task}\nsplit: {split}\nfamilies: [{{rotation: {{starts: \
         [{{angle_deg: 110}}]}}}}]\nseeds: [0]\n"
    )
}

fn read(data: &str, task: &str, split: &str) -> SweepSpec {
    let yaml = yaml(data, task, split);
    parse(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

fn refusal(data: &str, task: &str, split: &str) -> String {
    let Err(SpecError { faults }) = parse(&yaml(data, task, split)) else {
        panic!("accepted {data} {task} {split}")
    };
    let texts: Vec<_> = faults.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

const TASK: &str = "{normal: a, anomaly: {class: b}}";

#[test]
fn every_data_set_has_its_documented_defaults() {
    let defaults = |data: &str| {
        let data = read(data, TASK, "{}").data;
        (
            data.key(),
            data.size_px(),
            data.colour(),
            data.root().map(str::to_owned),
            data.has_parts(),
        )
    };
    let own = || Some("x".to_owned());
    assert_eq!(
        defaults("{fashion_mnist: {}}"),
        ("fashion_mnist", 28, false, None, false)
    );
    assert_eq!(defaults("{mnist: {root: x}}"), ("mnist", 28, false, own(), true));
    assert_eq!(defaults("{svhn: {}}"), ("svhn", 32, true, None, true));
    assert_eq!(defaults("{cifar10: {root: x}}"), ("cifar10", 32, true, own(), true));
    assert_eq!(defaults("{cifar100: {}}"), ("cifar100", 32, true, None, true));
    assert_eq!(defaults("{mvtec_ad: {}}"), ("mvtec_ad", 256, true, None, true));
    assert_eq!(defaults("{visa: {}}"), ("visa", 256, true, None, true));
    assert_eq!(defaults("{btad: {colour: false}}"), ("btad", 256, false, None, true));
    assert_eq!(defaults("{elpv: {}}"), ("elpv", 64, false, None, false));
    let DataSpec::Cifar100(data) = read("{cifar100: {labels: coarse}}", TASK, "{}").data else {
        panic!("another data set")
    };
    assert_eq!(data.labels, Cifar100Labels::Coarse);
}

#[test]
fn counts_have_defaults_that_suit_the_data_set() {
    let counts = |data: &str, split: &str| {
        let spec = read(data, TASK, split);
        let split = &spec.split;
        assert_eq!(
            split.counts(&spec.data),
            split.written_out(&spec.data).counts(&spec.data)
        );
        let shown = [
            split.train,
            split.validation_normal,
            split.validation_anomalous,
            split.test_normal,
        ];
        shown
            .map(|count| count.map_or("-".into(), |count| count.to_string()))
            .join(" ")
    };
    assert_eq!(counts("{fashion_mnist: {}}", "{}"), "512 200 100 -");
    assert_eq!(counts("{svhn: {}}", "{train: all}"), "all 200 100 -");
    assert_eq!(counts("{mvtec_ad: {}}", "{}"), "all all all -");
    assert_eq!(
        counts("{visa: {}}", "{test_normal: 10, test_anomalous: 5}"),
        "all all all 10"
    );
    assert_eq!(counts("{elpv: {}}", "{validation_anomalous: 100}"), "all 188 100 -");
    let spec = read("{fashion_mnist: {}}", TASK, "{train: 7, anomaly_share: 0.25}");
    assert_eq!(
        (spec.split.train, spec.split.anomaly_share),
        (Some(Count::Number(7)), Some(0.25))
    );
}

#[test]
fn a_default_that_is_written_is_the_same_trial() {
    let id = |data: &str, split: &str| Plan::new(read(data, TASK, split)).trial(0).id();
    let data = "{mvtec_ad: {}}";
    assert_eq!(
        id(data, "{}"),
        id(data, "{train: all, validation_normal: all, test_normal: 0}")
    );
    assert_ne!(id(data, "{}"), id(data, "{anomaly_share: 0.1}"));
    // A published data set is the same wherever it lies; another folder of the MNIST family, or of the layout of an
    // inspection data set, is another one.
    assert_eq!(id("{cifar10: {}}", "{}"), id("{cifar10: {root: elsewhere}}", "{}"));
    for name in ["mvtec_ad", "visa", "btad"] {
        let rooted = |root: &str| id(&format!("{{{name}: {{root: {root}}}}}"), "{}");
        assert_ne!(rooted("screws"), rooted("nuts"), "{name}");
        assert_ne!(rooted("screws"), id(&format!("{{{name}: {{}}}}"), "{}"), "{name}");
    }
    assert_ne!(id(data, "{}"), id("{visa: {}}", "{}"));
    assert_ne!(id("{mnist: {root: a}}", "{}"), id("{mnist: {root: b}}", "{}"));
}

#[test]
fn anomalies_can_be_mixed() {
    let task = |anomaly: &str| {
        let spec = read(
            "{mvtec_ad: {}}",
            &format!("{{normal: cable, anomaly: {anomaly}}}"),
            "{validation_anomalous: 9}",
        );
        let json = augur_core::spec::canonical_json(&spec);
        assert_eq!(serde_json::from_str::<SweepSpec>(&json).unwrap(), spec);
        (spec.tasks[0].name(), spec.tasks[0].anomaly.clone())
    };
    assert_eq!(task("{class: cut}").0, "cable-vs-cut");
    assert_eq!(task("{classes: [cut, bent_wire]}").0, "cable-vs-cut+bent_wire");
    assert_eq!(task("any"), ("cable-vs-any".into(), AnomalySpec::Any));
    assert_eq!(task("{planted: {rotate_deg: 90}}").0, "cable-rotated-90");
    // A category of BTAD, which YAML takes for a number.
    assert_eq!(
        read("{btad: {}}", "{normal: 01, anomaly: {class: ko}}", "{}").tasks[0]
            .normal
            .0,
        "1"
    );
}

#[test]
fn the_data_is_refused() {
    let says = |data: &str| refusal(data, TASK, "{}");
    insta::assert_snapshot!(says("{mvtec: {}}"), @"line 3, column 8: unknown variant `mvtec`, expected one of fashion_mnist, mnist, svhn, cifar10, cifar100, mvtec_ad, visa, btad, elpv, folder");
    insta::assert_snapshot!(says("{mvtec_ad: {size: 64}}"), @"line 3, column 19: unknown field `size`, expected one of root, size_px, colour");
    insta::assert_snapshot!(says("{svhn: {size_px: 64}}"), @"line 3, column 24: `data.svhn.size_px`: 64 is out of range; images can be 8 to 32 pixels wide");
    insta::assert_snapshot!(says("{elpv: {root: '', size_px: 400}}"), @r#"
line 3, column 21: `data.elpv.root`: name the folder that holds the images
line 3, column 34: `data.elpv.size_px`: 400 is out of range; images can be 8 to 300 pixels wide
"#);
    insta::assert_snapshot!(says("{mnist: {}}"), @"line 3, column 15: missing field `root`");
    insta::assert_snapshot!(says("{cifar100: {labels: rough}}"), @"line 3, column 27: unknown variant `rough`, expected one of fine, coarse");
}

#[test]
fn the_split_is_refused() {
    let says = |data: &str, split: &str| refusal(data, TASK, split);
    let fashion = "{fashion_mnist: {}}";
    insta::assert_snapshot!(says(fashion, "{train: most}"), @r#"line 6, column 9: invalid value: string "most", expected a number of images or `all`"#);
    insta::assert_snapshot!(says(fashion, "{train: -1}"), @"line 6, column 9: invalid value: integer `-1`, expected a number of images or `all`");
    insta::assert_snapshot!(says(fashion, "{train: 1, held_out: 1}"), @r#"
line 6, column 16: `split.train`: 1 images are too few; at least 2
line 6, column 29: `split.held_out`: 1 images are too few; at least 2
"#);
    insta::assert_snapshot!(says(fashion, "{anomaly_share: 1}"), @"line 6, column 24: `split.anomaly_share`: 1 must lie between 0 and 1, both excluded");
    insta::assert_snapshot!(says(fashion, "{test_normal: 10}"), @"line 6, column 8: `split.test_anomalous`: a test set needs images of both kinds, or none at all; give a number above 0");
    insta::assert_snapshot!(says(fashion, "{train: all, validation_normal: all}"), @"line 6, column 8: `split`: `validation_normal` and `train` are drawn from the same images of fashion_mnist, and only one of them can be `all`; give numbers for the others");
    insta::assert_snapshot!(says("{mvtec_ad: {}}", "{test_normal: all, test_anomalous: 3}"), @"line 6, column 8: `split`: `validation_normal` and `test_normal` are drawn from the same images of mvtec_ad, and only one of them can be `all`; give numbers for the others");
    insta::assert_snapshot!(says("{elpv: {}}", "{validation_normal: all}"), @"line 6, column 8: `split`: `validation_normal` and `train` are drawn from the same images of elpv, and only one of them can be `all`; give numbers for the others");
    let planted = "{normal: cable, anomaly: {planted: {rotate_deg: 90}}}";
    insta::assert_snapshot!(refusal("{mvtec_ad: {}}", planted, "{}"), @"line 6, column 8: `split`: `validation_normal` and `validation_anomalous` are drawn from the same images of mvtec_ad, and only one of them can be `all`; give numbers for the others");
    insta::assert_snapshot!(says("{folder: {root: x}}", "{anomaly_share: 0.5, test_normal: 3}"), @r#"
line 5, column 26: `tasks[0].anomaly`: a folder's images have no labels; write `unlabelled`, or lay them out as MVTec AD does and write `data: {mvtec_ad: {root: FOLDER}}`
line 6, column 24: `split.anomaly_share`: nobody knows the labels of a folder's `validation`, so that no share can be kept; remove this key
line 6, column 42: `split.test_normal`: all images in the folder's `test` are used, so that 3 has no meaning; remove this key
"#);
}

#[test]
fn the_task_is_refused() {
    let says = |anomaly: &str| {
        refusal(
            "{mvtec_ad: {}}",
            &format!("{{normal: cable, anomaly: {anomaly}}}"),
            "{}",
        )
    };
    insta::assert_snapshot!(says("{classes: []}"), @"line 5, column 40: `tasks[0].anomaly.classes`: list at least one class, or write `any` for all");
    insta::assert_snapshot!(says("{classes: [cut, cable, cut]}"), @r#"
line 5, column 46: `tasks[0].anomaly.classes[1]`: cable is the normal class; name another one
line 5, column 53: `tasks[0].anomaly.classes[2]`: cut stands twice; remove one
"#);
    insta::assert_snapshot!(says("unlabelled"), @"line 5, column 30: `tasks[0].anomaly`: mvtec_ad has labels; write `{class: NAME}`, `any` or `{planted: {rotate_deg: ANGLE}}`");
    let long = (0..30).map(|n| format!("type{n}")).collect::<Vec<_>>().join(", ");
    insta::assert_snapshot!(says(&format!("{{classes: [{long}]}}")), @"line 5, column 5: `tasks[0].name`: a task's name has 1 to 100 characters; give it a short `name`");
    insta::assert_snapshot!(refusal("{btad: {}}", "{normal: 0.5, anomaly: any}", "{}"), @"line 5, column 6: invalid type: floating point `0.5`, expected a class name or number");
}
