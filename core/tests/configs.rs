//! The shipped configs: each parses, says what it is, and is as large as it claims.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    plan::Plan,
    spec::{AnomalySpec, DetectorSpec, FamilySpec, Planted, Starts, Stem, SweepSpec, parse},
};
use std::{collections::BTreeSet, fs, path::Path};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs");

/// Name, tasks, trials.
const SIZES: [(&str, usize, u32); 8] = [
    ("class-pairs", 9, 378),
    ("demo", 4, 32),
    ("elpv", 1, 93),
    ("fashion-mnist", 10, 510),
    ("folder", 1, 13),
    ("paper-mvtec", 23, 1587),
    ("paper-svhn", 18, 1890),
    ("planted", 15, 165),
];

/// The rows that the paper's experiment is held against, and the controls.
const PAPER: [&str; 13] = [
    "first-order",
    "mmd",
    "rs-cutout",
    "rd-cutout",
    "rs-cutpaste",
    "rd-cutpaste",
    "rs-rotation",
    "rd-rotation",
    "autoencoder",
    "deep-svdd",
    "mean-intensity",
    "pixel-pca",
    "untrained",
];

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(FOLDER).join(format!("{name}.yaml"))).unwrap()
}

fn spec(name: &str) -> SweepSpec {
    parse(&text(name)).unwrap_or_else(|error| panic!("{name}.yaml: {error}"))
}

#[test]
fn each_is_as_large_as_it_claims() {
    for (name, tasks, trials) in SIZES {
        let spec = spec(name);
        let plan = Plan::new(spec);
        assert_eq!((plan.spec().tasks.len(), plan.trials()), (tasks, trials), "{name}.yaml");
    }
}

/// A config that is added here without a line in [`SIZES`] would be held to nothing.
#[test]
fn each_is_listed_here() {
    let listed: BTreeSet<_> = SIZES.map(|(name, ..)| format!("{name}.yaml")).into();
    let there: BTreeSet<_> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, listed);
}

#[test]
fn each_says_first_how_it_is_run_and_the_counts_that_it_states_are_true() {
    for (name, _, trials) in SIZES {
        let text = text(name);
        let comment: Vec<_> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let comment = comment.join("\n");
        assert!(
            comment.contains(&format!("augur run configs/{name}.yaml")),
            "{name}.yaml"
        );
        if let Some(stated) = stated_trials(&comment) {
            assert_eq!(stated, trials, "{name}.yaml");
        }
    }
    let states = |name: &&str| stated_trials(&text(name)).is_some();
    assert!(SIZES.iter().filter(|(name, ..)| states(name)).count() >= 5);
}

/// N of "... = N trials", which may stand on two lines.
fn stated_trials(comment: &str) -> Option<u32> {
    let words = comment.replace("\n#", "");
    let before = words.split(" trials").next()?;
    let (_, number) = before.rsplit_once(" = ")?;
    number.parse().ok()
}

#[test]
fn the_papers_tasks_are_all_there() {
    let mvtec = spec("paper-mvtec");
    let of = |category: &str| mvtec.tasks.iter().filter(|task| task.normal.0 == category).count();
    assert_eq!(["cable", "carpet", "grid", "tile"].map(of), [8, 5, 5, 5]);
    let svhn = spec("paper-svhn");
    let pairs: BTreeSet<_> = svhn
        .tasks
        .iter()
        .map(|task| (task.normal.0.clone(), task.anomaly.classes()[0].0.clone()))
        .collect();
    let digits = || (0..10).map(|digit: u32| digit.to_string());
    let expected = ["2", "6"].into_iter().flat_map(|normal| {
        let others = digits().filter(move |digit| digit != normal);
        others.map(move |other| (normal.to_owned(), other))
    });
    assert_eq!(pairs, expected.collect());
}

#[test]
fn the_paper_has_its_baselines_and_a_resnet_18() {
    for name in ["paper-mvtec", "paper-svhn"] {
        let spec = spec(name);
        let variants: Vec<_> = spec.variants.iter().map(|variant| variant.name.as_str()).collect();
        assert_eq!(variants, PAPER, "{name}.yaml");
        let DetectorSpec::Resnet(net) = &spec.detector else {
            panic!("{name}.yaml: {:?}", spec.detector)
        };
        assert_eq!((net.width, net.blocks), (64, [2, 2, 2, 2]), "{name}.yaml");
        assert_eq!(net.stem, Stem::Imagenet, "{name}.yaml");
    }
}

/// What was planted can be found, and no start gives it away.
#[test]
fn no_start_is_near_what_was_planted() {
    let spec = spec("planted");
    let mut families = BTreeSet::new();
    for task in &spec.tasks {
        let AnomalySpec::Planted(planted) = &task.anomaly else {
            panic!("{} is not planted", task.name())
        };
        let (right, answer) = planted.answer();
        families.insert(right);
        let family = spec.families.iter().find(|family| family.name() == right).unwrap();
        let Starts::List(starts) = family.starts() else {
            panic!("{right}: {:?}", family.starts())
        };
        for start in starts {
            let far = match planted {
                Planted::RotateDeg(angle) => half_turns_apart(start["angle_deg"], *angle) >= 20.0,
                Planted::Cutdiff(patch) => apart(start["area"], patch.area),
                Planted::Blur(blur) => apart(start["sigma_px"], blur.sigma_px),
                Planted::Noise(noise) => apart(start["sigma"], noise.sigma),
            };
            assert!(far, "{}: {start:?} is too near {answer:?}", task.name());
        }
    }
    assert_eq!(families, spec.families.iter().map(FamilySpec::name).collect());
}

/// Degrees between two angles, or between one and the other's opposite, whichever is less.
fn half_turns_apart(a: f64, b: f64) -> f64 {
    let turn = (a - b).rem_euclid(180.0);
    turn.min(180.0 - turn)
}

/// More than the 25 percent that a size may miss when it is found.
fn apart(start: f64, planted: f64) -> bool {
    (start / planted - 1.0).abs() > 0.25
}
