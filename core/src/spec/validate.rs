//! What a well-formed spec must also satisfy. Each fault says what is wrong and what to write instead.

mod folder;

use super::{
    AnomalySpec, CutdiffSpec, DataSpec, DetectorSpec, FamilySpec, Fault, Optimiser, Planted, SPEC_VERSION, SplitSpec,
    SweepSpec, TrainingSpec, TuningSpec,
};
use crate::select::Guards;
use std::collections::BTreeSet;

/// The most trials that one sweep may have.
const MAX_TRIALS: usize = 1_000_000;

/// Every fault of the spec; none means that it can be planned.
pub(super) fn validate(spec: &SweepSpec) -> Vec<Fault> {
    let mut faults = Faults::default();
    faults.check(spec.version == SPEC_VERSION, "version", || {
        format!(
            "this build reads version {SPEC_VERSION}, not {}; write `version: {SPEC_VERSION}`",
            spec.version
        )
    });
    faults.check(is_name(&spec.name), "name", || {
        format!(
            "{:?} is not a sweep name; use 1 to 63 lower-case letters, digits and hyphens",
            spec.name
        )
    });
    data(&spec.data, &mut faults);
    match &spec.data {
        DataSpec::FashionMnist(_) => split(&spec.split, &mut faults),
        DataSpec::Folder(_) => folder::split(&spec.split, &mut faults),
    }
    tasks(spec, &mut faults);
    families(&spec.families, &mut faults);
    seeds(&spec.seeds, &mut faults);
    detector(&spec.detector, &mut faults);
    training(&spec.training, &mut faults);
    guards(&spec.selection.guards, &mut faults);
    tuning(&spec.tuning, &mut faults);
    faults.check(
        (1..=1024).contains(&spec.resources.threads),
        "resources.threads",
        || "a trial needs 1 to 1024 threads".into(),
    );
    faults.check(
        (1..=100).contains(&spec.retry.max_attempts),
        "retry.max_attempts",
        || "must lie between 1 and 100".into(),
    );
    let starts: usize = spec.families.iter().map(|family| family.starts().len()).sum();
    let trials = starts.saturating_mul(spec.tasks.len()).saturating_mul(spec.seeds.len());
    faults.check(trials <= MAX_TRIALS, "tasks", || {
        format!("the sweep has {trials} trials, more than {MAX_TRIALS}; split it into several sweeps")
    });
    faults.0
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn check(&mut self, holds: bool, path: impl Into<String>, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Fault {
                position: None,
                path: path.into(),
                message: message(),
            });
        }
    }

    fn positive(&mut self, value: f64, path: &str) {
        self.check(value > 0.0 && value.is_finite(), path, || {
            format!("{value} must be a number above 0")
        });
    }
}

fn is_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn data(data: &DataSpec, faults: &mut Faults) {
    match data {
        DataSpec::FashionMnist(data) => {
            faults.check((8..=28).contains(&data.size_px), "data.fashion_mnist.size_px", || {
                format!("{} is out of range; images can be 8 to 28 pixels wide", data.size_px)
            });
        }
        DataSpec::Folder(data) => folder::data(data, faults),
    }
}

fn split(split: &SplitSpec, faults: &mut Faults) {
    let needs = [
        ("split.train", split.train, 2),
        ("split.held_out", split.held_out(), 2),
        ("split.validation_normal", split.validation_normal, 1),
        ("split.validation_anomalous", split.validation_anomalous, 1),
    ];
    for (path, value, least) in needs {
        faults.check(value >= least, path, || {
            format!("{value} images are too few; at least {least}")
        });
    }
}

fn tasks(spec: &SweepSpec, faults: &mut Faults) {
    faults.check(!spec.tasks.is_empty(), "tasks", || {
        "the search is empty: list at least one task".into()
    });
    let mut names = BTreeSet::new();
    let mut contents = BTreeSet::new();
    for (i, task) in spec.tasks.iter().enumerate() {
        let name = task.name();
        faults.check(
            !name.is_empty() && name.len() <= 100,
            format!("tasks[{i}].name"),
            || "a task's name has 1 to 100 characters".into(),
        );
        let fresh = names.insert(name.clone());
        faults.check(fresh, format!("tasks[{i}]"), || {
            format!("a second task is called {name:?}; give it a `name` of its own or remove it")
        });
        // Its trials would be the same trials twice.
        let content = super::canonical_json(&(&task.normal, &task.anomaly));
        faults.check(contents.insert(content) || !fresh, format!("tasks[{i}]"), || {
            "this task stands twice under different names; remove one".into()
        });
        match &task.anomaly {
            AnomalySpec::Class(class) => {
                faults.check(*class != task.normal, format!("tasks[{i}].anomaly.class"), || {
                    format!("{class} is the normal class; name another one")
                });
            }
            AnomalySpec::Planted(Planted::RotateDeg(angle)) => {
                let path = format!("tasks[{i}].anomaly.planted.rotate_deg");
                faults.check(angle.is_finite() && angle.rem_euclid(360.0) != 0.0, path, || {
                    format!("{angle} degrees leave the image as it is; give an angle that turns it")
                });
            }
            AnomalySpec::Unlabelled => {}
        }
        folder::task(&spec.data, task, &format!("tasks[{i}]"), faults);
    }
}

fn families(families: &[FamilySpec], faults: &mut Faults) {
    faults.check(!families.is_empty(), "families", || {
        "the search is empty: list at least one family".into()
    });
    let mut seen = BTreeSet::new();
    for (i, family) in families.iter().enumerate() {
        let path = format!("families[{i}].{}", family.name());
        if let FamilySpec::Cutdiff(cutdiff) = family {
            cutdiff_bounds(cutdiff, &path, faults);
        }
        faults.check(!family.starts().is_empty(), format!("{path}.starts"), || {
            "the search is empty: give at least one starting point".into()
        });
        for s in 0..family.starts().len() {
            start(family, s, &format!("{path}.starts[{s}]"), faults);
            let key = super::canonical_json(&(family.without_starts(), &family.starts()[s]));
            faults.check(seen.insert(key), format!("{path}.starts[{s}]"), || {
                "this starting point stands twice; remove one".into()
            });
        }
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
fn start(family: &FamilySpec, index: usize, path: &str, faults: &mut Faults) {
    let start = &family.starts()[index];
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

fn seeds(seeds: &[u64], faults: &mut Faults) {
    faults.check(!seeds.is_empty(), "seeds", || {
        "the search is empty: list at least one seed, such as [0]".into()
    });
    let mut seen = BTreeSet::new();
    for (i, seed) in seeds.iter().enumerate() {
        faults.check(seen.insert(seed), format!("seeds[{i}]"), || {
            format!("seed {seed} stands twice; remove one")
        });
    }
}

/// JSON, in which specs are stored and hashed, has no infinity.
fn guards(guards: &Guards, faults: &mut Faults) {
    let thresholds = [
        ("max_training_loss", guards.max_training_loss),
        ("min_embedding_scale", guards.min_embedding_scale),
        ("min_augmentation_distance", guards.min_augmentation_distance),
    ];
    for (name, value) in thresholds {
        faults.check(value.is_finite() && value >= 0.0, format!("selection.guards.{name}"), || {
            format!("{value} is no threshold; write a finite number of at least 0 (a minimum of 0 or a maximum of 1e9 switches a guard off)")
        });
    }
}

fn detector(detector: &DetectorSpec, faults: &mut Faults) {
    let at = |what: &str| format!("detector.{what}");
    match detector {
        DetectorSpec::Resnet(net) => {
            faults.check((1..=1024).contains(&net.width), at("resnet.width"), || {
                "use 1 to 1024 channels".into()
            });
            faults.check((1..=65536).contains(&net.head), at("resnet.head"), || {
                "use 1 to 65536 units".into()
            });
            faults.check(
                net.blocks.iter().all(|n| (1..=64).contains(n)),
                at("resnet.blocks"),
                || "each of the four stages has 1 to 64 blocks".into(),
            );
        }
        DetectorSpec::Tiny(net) => {
            faults.check((1..=1024).contains(&net.width), at("tiny.width"), || {
                "use 1 to 1024 channels".into()
            });
        }
    }
}

fn training(training: &TrainingSpec, faults: &mut Faults) {
    faults.check((1..=1_000_000).contains(&training.epochs), "training.epochs", || {
        "train for 1 to 1000000 epochs".into()
    });
    faults.check(training.batch >= 2, "training.batch", || {
        format!(
            "a batch of {} is too small; batch normalisation needs at least 2 images",
            training.batch
        )
    });
    optimiser(&training.optimiser, "training.optimiser", faults);
}

fn tuning(tuning: &TuningSpec, faults: &mut Faults) {
    faults.positive(tuning.inner_lr, "tuning.inner_lr");
    faults.check(
        tuning.validation_batch.is_none_or(|n| n >= 2),
        "tuning.validation_batch",
        || "use at least 2 images, or null for all of them".into(),
    );
    optimiser(&tuning.optimiser, "tuning.optimiser", faults);
}

fn optimiser(optimiser: &Optimiser, path: &str, faults: &mut Faults) {
    match optimiser {
        Optimiser::Adam { lr } => faults.positive(*lr, &format!("{path}.adam.lr")),
        Optimiser::Sgd { lr, momentum } => {
            faults.positive(*lr, &format!("{path}.sgd.lr"));
            faults.check((0.0..1.0).contains(momentum), format!("{path}.sgd.momentum"), || {
                format!("{momentum} must lie in [0, 1)")
            });
        }
    }
}
