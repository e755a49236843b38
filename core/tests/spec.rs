//! The spec as users write it: what is accepted, and the text of every refusal.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::spec::{SpecError, SweepSpec, parse};
use insta::assert_snapshot;

const GOOD: &str = "\
version: 1
name: first
data:
  fashion_mnist: {size_px: 16}
tasks:
  - {normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}
  - {normal: 1, anomaly: {class: dress}}
families:
  - rotation:
      starts:
        - {angle_deg: 110}
        - {angle_deg: 195}
  - cutdiff:
      starts:
        - {area: 0.05, aspect: 1, angle_deg: 0}
seeds: [0, 1]
";

/// What is said of GOOD after `from` became `to`, for each pair.
fn refusals(changes: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (from, to) in changes {
        assert!(GOOD.contains(from), "{from:?} does not stand in the spec");
        let Err(SpecError { faults }) = parse(&GOOD.replace(from, to)) else {
            panic!("accepted {to:?}")
        };
        text += &format!("{to:?}\n");
        faults.iter().for_each(|fault| text += &format!("    {fault}\n"));
    }
    text
}

#[test]
fn a_good_spec_is_read_and_its_defaults_are_the_documented_ones() {
    let spec = parse(GOOD).unwrap();
    assert_eq!(spec.tasks[0].name(), "sneaker-rotated-150");
    assert_eq!(spec.tasks[1].name(), "1-vs-dress");
    assert_eq!(spec.split.held_out(512), 52);
    assert_eq!(
        (spec.training.epochs, spec.tuning.warmup_epochs, spec.resources.threads),
        (30, 3, 1)
    );
    assert_eq!(spec.selection.criterion.name(), "aligned_explained");
}

#[test]
fn the_hash_sees_the_meaning_and_not_the_text() {
    let spec = parse(GOOD).unwrap();
    let reordered = format!("# a comment\nseeds: [0, 1]\n{}", GOOD.replace("seeds: [0, 1]\n", ""));
    assert_eq!(spec.sha256(), parse(&reordered).unwrap().sha256());
    let other = parse(&GOOD.replace("[0, 1]", "[0, 2]")).unwrap();
    assert_ne!(spec.sha256(), other.sha256());
    assert_ne!(spec.id(), other.id());
    let json = augur_core::spec::canonical_json(&spec);
    assert_eq!(serde_json::from_str::<SweepSpec>(&json).unwrap(), spec);
}

#[test]
fn faults_of_the_yaml() {
    assert_snapshot!(refusals(&[
        ("seeds:", "sedes:"),
        ("size_px: 16", "size_pixels: 16"),
        ("size_px: 16", "size_px: small"),
        ("- rotation:", "- rotatoin:"),
        ("{class: dress}", "{clas: dress}"),
        ("seeds: [0, 1]", "seeds: [0, 1"),
        ("version: 1\n", ""),
        ("seeds: [0, 1]", "seeds: [-1]"),
        ("name: first", "name: first\nname: second"),
    ]));
}

#[test]
fn faults_of_the_meaning() {
    assert_snapshot!(refusals(&[
        ("version: 1", "version: 2"),
        ("name: first", "name: My Sweep"),
        ("seeds: [0, 1]", "seeds: [0, 1, 0]"),
        ("angle_deg: 195", "angle: 195"),
        ("angle_deg: 195", "angle_deg: 110"),
        ("area: 0.05", "area: 0.5"),
        ("rotate_deg: 150", "rotate_deg: 360"),
        ("size_px: 16", "size_px: 4"),
        ("seeds:", "training: {epochs: 0, batch: 1}\nseeds:"),
        ("seeds:", "selection: {guards: {max_training_loss: .inf}}\nseeds:"),
    ]));
}

#[test]
fn an_empty_search_is_refused() {
    let tasks = &GOOD[GOOD.find("tasks:").unwrap()..GOOD.find("families:").unwrap()];
    let families = &GOOD[GOOD.find("families:").unwrap()..GOOD.find("seeds:").unwrap()];
    assert_snapshot!(refusals(&[
        (tasks, "tasks: []\n"),
        (families, "families: []\n"),
        (families, "families:\n  - rotation: {}\n"),
        ("seeds: [0, 1]", "seeds: []"),
    ]));
}

#[test]
fn the_shipped_configs_are_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        parse(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        read += 1;
    }
    assert!(read > 0);
}

#[test]
fn the_yaml_in_the_docs_is_good() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut read = 0;
    for page in ["README.md", "docs/spec.md"] {
        let text = std::fs::read_to_string(format!("{root}/{page}")).unwrap();
        for block in text.split("```yaml\n").skip(1) {
            let yaml = block.split("```").next().unwrap();
            if !yaml.starts_with("version:") {
                continue;
            }
            parse(yaml).unwrap_or_else(|e| panic!("{page}: {e}"));
            read += 1;
        }
    }
    assert!(read >= 2);
}

#[test]
fn the_demo_is_as_large_as_promised_and_starts_away_from_what_it_planted() {
    let demo = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/demo.yaml")).unwrap();
    let spec = parse(&demo).unwrap();
    let starts = |name| {
        let family = spec.families.iter().find(|family| family.name() == name).unwrap();
        (0..family.starts_count())
            .map(|index| family.start(index, &spec.tasks[0], 0))
            .collect::<Vec<_>>()
    };
    assert!(spec.tasks.len() >= 4 && starts("rotation").len() >= 6 && starts("cutdiff").len() >= 2);
    for start in starts("rotation") {
        for planted in [90.0, 150.0, 270.0] {
            let apart = (start["angle_deg"] - planted).abs();
            assert!(apart.min(360.0 - apart) >= 15.0, "{start:?} is too near {planted}");
        }
    }
}

/// A trial travels as JSON; its identifier is checked on arrival.
#[test]
fn every_trial_comes_back_from_its_json_as_itself() {
    let options = "tuning: {validation_batch: null, hypergradient: first_order}\nsplit: {held_out: 60}\nscore: logit\n";
    for yaml in [GOOD.to_owned(), format!("{GOOD}{options}")] {
        let plan = augur_core::plan::Plan::new(parse(&yaml).unwrap());
        for index in 0..plan.trials() {
            let trial = plan.trial(index);
            let json = augur_core::spec::canonical_json(&trial);
            let back: augur_core::plan::TrialSpec = serde_json::from_str(&json).unwrap();
            assert_eq!((back.id(), back), (trial.id(), trial));
        }
    }
}

#[test]
fn early_stopping_is_off_unless_written_and_has_rungs_by_default() {
    let plain = parse(GOOD).unwrap();
    assert!(
        !augur_core::spec::canonical_json(&plain).contains("early_stopping"),
        "no hash changes"
    );
    let rungs = |options: &str| {
        let spec = parse(&format!("{GOOD}{options}")).unwrap();
        spec.early_stopping
            .as_ref()
            .unwrap()
            .rungs(&spec.training, &spec.tuning)
    };
    // 30 epochs and 3 of warm-up.
    assert_eq!(rungs("early_stopping: {}\n"), [4, 12]);
    assert_eq!(rungs("early_stopping: {reduction: 2}\n"), [8, 16]);
    assert_eq!(rungs("early_stopping: {first_epoch: 2}\n"), [2, 6, 18]);
    assert_eq!(rungs("early_stopping: {first_epoch: 29}\n"), [29]);
    assert_eq!(rungs("early_stopping: {}\ntraining: {epochs: 200}\n"), [23, 69]);
    assert_eq!(
        rungs("early_stopping: {}\ntraining: {epochs: 200}\ntuning: {warmup_epochs: 40}\n"),
        [41, 123]
    );
}

#[test]
fn faults_of_early_stopping() {
    assert_eq!(
        refusals(&[
            ("seeds:", "early_stopping: {reduction: 1, audit: 1.5}\nseeds:"),
            ("seeds:", "early_stopping: {first_epoch: 30}\nseeds:"),
            ("seeds:", "early_stopping: {}\ntraining: {epochs: 4}\nseeds:"),
        ]),
        "\
\"early_stopping: {reduction: 1, audit: 1.5}\\nseeds:\"
    line 16, column 29: `early_stopping.reduction`: one trial in 1 can't go on; write 2 (half of them) to 10
    line 16, column 39: `early_stopping.audit`: 1.5 is no share of trials; write 0 to 1
\"early_stopping: {first_epoch: 30}\\nseeds:\"
    line 16, column 31: `early_stopping.first_epoch`: the first comparison can't be after epoch 30 of 30; write at least 1 \
and less than `training.epochs`
\"early_stopping: {}\\ntraining: {epochs: 4}\\nseeds:\"
    line 16, column 17: `early_stopping`: 4 epochs leave no comparison on the way after the warm-up; train longer, write \
`first_epoch`, or leave `early_stopping` out
"
    );
}
