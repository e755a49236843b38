//! What a well-formed spec must also satisfy. Each fault says what is wrong and what to write instead.

mod baselines;
mod early_stopping;
mod families;
mod folder;
mod planted;
mod split;
mod tasks;
mod training;
mod variants;

use super::{DataSpec, FamilySpec, Fault, ReportSpec, SPEC_VERSION, SweepSpec};
use crate::{plan::Plan, select::Guards, state::RetryPolicy};
use std::collections::{BTreeMap, BTreeSet};

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
    tasks::data(&spec.data, &mut faults);
    match &spec.data {
        DataSpec::Folder(_) => folder::split(&spec.split, &mut faults),
        data => split::split(&spec.split, data, &mut faults),
    }
    tasks::tasks(spec, &mut faults);
    families::families(&spec.families, "families", &mut faults);
    seeds(&spec.seeds, &mut faults);
    variants::variants(spec, &mut faults);
    families::colours(spec, &mut faults);
    training::detector(&spec.detector, "detector", &mut faults);
    training::training(&spec.training, &mut faults);
    guards(&spec.selection.guards, &mut faults);
    training::tuning(&spec.tuning, spec.training.epochs, &mut faults);
    training::score(&spec.score, "score", &mut faults);
    early_stopping::early_stopping(spec, &mut faults);
    faults.check(
        (1..=1024).contains(&spec.resources.threads),
        "resources.threads",
        || "a trial needs 1 to 1024 threads".into(),
    );
    retry(&spec.retry, &mut faults);
    let most = ReportSpec::MOST_PICTURES;
    faults.check(spec.report.pictures <= most, "report.pictures", || {
        format!(
            "{} pictures of each kind are more than {most}; write 0 to {most}",
            spec.report.pictures
        )
    });
    let trials = trials(spec);
    faults.check(trials <= MAX_TRIALS, "tasks", || {
        format!("the sweep has {trials} trials, more than {MAX_TRIALS}; split it into several sweeps")
    });
    if faults.0.is_empty() {
        unique_trials(spec, &mut faults);
        early_stopping::group_sizes(spec, &mut faults);
    }
    faults.0
}

/// Two variants may come to the same trial, such as a family that both list.
fn unique_trials(spec: &SweepSpec, faults: &mut Faults) {
    let plan = Plan::new(spec.clone());
    let mut seen = BTreeMap::new();
    let first = plan.candidates().iter().sum();
    for index in 0..first {
        let variant = plan.group(plan.group_of(index)).variant;
        if let Some(other) = seen.insert(plan.trial(index).id(), variant.clone()) {
            return faults.check(false, "variants", || {
                format!("{other:?} and {variant:?} have a trial in common; leave it out of one of them")
            });
        }
    }
}

/// Number of trials; saturates.
fn trials(spec: &SweepSpec) -> usize {
    let of = |families: &[FamilySpec]| {
        families
            .iter()
            .fold(0, |n: usize, f| n.saturating_add(f.starts_count()))
    };
    let variants = spec
        .variants
        .iter()
        .map(|variant| match (&variant.baseline, &variant.families) {
            (Some(_), _) => 1,
            (None, Some(own)) => of(own),
            (None, None) => of(&spec.families),
        });
    let candidates = variants.fold(of(&spec.families), usize::saturating_add);
    candidates
        .saturating_mul(spec.tasks.len())
        .saturating_mul(spec.seeds.len())
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

fn retry(retry: &RetryPolicy, faults: &mut Faults) {
    faults.check((1..=100).contains(&retry.max_attempts), "retry.max_attempts", || {
        "must lie between 1 and 100".into()
    });
    let seconds = retry.stalled_after_seconds;
    faults.check((1..=604_800).contains(&seconds), "retry.stalled_after_seconds", || {
        format!("{seconds} seconds without a new epoch are no deadline; write 1 to 604800 (a week)")
    });
    faults.check(retry.breaker <= 100, "retry.breaker", || {
        format!(
            "{} identical causes are more than 100; write 1 to 100, or 0 to switch it off",
            retry.breaker
        )
    });
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
