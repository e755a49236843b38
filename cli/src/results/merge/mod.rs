//! Several sweeps as one leaderboard: other seeds, other tasks, other variants, other machines. What can't be compared is
//! refused by name; what both have is taken once.

mod comparable;
mod same;
#[cfg(test)]
mod tests;

use crate::{
    failure::{Exit, Failure},
    report::{GroupCurves, ReportInput, Worker},
};
use augur_core::{
    leaderboard::{Leaderboard, Provenance, TaskResult, stopping_totals},
    spec::{self, SweepSpec},
};
use std::collections::BTreeSet;

/// The longest name of a sweep.
const LONGEST_NAME: usize = 63;

/// One of `inputs`, or all of them merged under `name` ("FIRST-merged" without one).
///
/// # Errors
/// Sweeps that can't be compared, or that disagree about a trial that both have.
pub fn merge(inputs: Vec<ReportInput>, name: Option<&str>) -> Result<ReportInput, Failure> {
    let mut inputs = inputs.into_iter();
    let mut merged = inputs
        .next()
        .ok_or_else(|| Failure::new(Exit::CommandLine, "there is no sweep to merge"))?;
    let first = merged.leaderboard.sweep.name.clone();
    let mut is_one = true;
    for input in inputs {
        merged = both(merged, input)?;
        is_one = false;
    }
    if is_one {
        return Ok(merged);
    }
    let stem: String = first.chars().take(LONGEST_NAME - "-merged".len()).collect();
    merged.spec.name = name.map_or_else(|| format!("{stem}-merged"), str::to_owned);
    merged.spec = check(&merged.spec)?;
    let sweep = &mut merged.leaderboard.sweep;
    sweep.name.clone_from(&merged.spec.name);
    sweep.spec_sha256 = merged.spec.sha256();
    sweep.id = merged.spec.id();
    merged.leaderboard.early_stopping = stopping_totals(&merged.leaderboard.tasks);
    Ok(merged)
}

/// A merged spec is a spec: its name and its size have to fit.
fn check(spec: &SweepSpec) -> Result<SweepSpec, Failure> {
    let refused = |error: &dyn std::fmt::Display| {
        let text = format!("the merged sweep would be none: {error}; choose another name with --name, or fewer sweeps");
        Failure::new(Exit::CommandLine, text)
    };
    let yaml = serde_yaml::to_string(spec).map_err(|error| refused(&error))?;
    spec::parse(&yaml).map_err(|error| refused(&error))
}

fn both(a: ReportInput, b: ReportInput) -> Result<ReportInput, Failure> {
    comparable::check(&a, &b)?;
    let spec = union(&a.spec, &b.spec);
    let names = (a.leaderboard.sweep.name.clone(), b.leaderboard.sweep.name.clone());
    let mut tasks = a.leaderboard.tasks;
    for result in b.leaderboard.tasks {
        match tasks.iter().find(|own| key(own) == key(&result)) {
            Some(own) => same::check(own, &result, (&names.0, &names.1))?,
            None => tasks.push(result),
        }
    }
    tasks.sort_by_key(|result| place(&spec, &result.task, result.seed, &result.variant));
    let mut groups = a.groups;
    for group in b.groups {
        let of = |group: &GroupCurves| (group.task.clone(), group.seed, group.variant.clone());
        match groups.iter_mut().find(|own| of(own) == of(&group)) {
            // Whichever has the course of its trials.
            Some(own) if own.trials.iter().all(|trial| trial.measurements.is_empty()) => *own = group,
            Some(_) => {}
            None => groups.push(group),
        }
    }
    groups.sort_by_key(|group| place(&spec, &group.task, group.seed, &group.variant));
    let merged = [
        sources(&a.leaderboard.merged, &a.leaderboard.sweep),
        sources(&b.leaderboard.merged, &b.leaderboard.sweep),
    ];
    let mut seen = BTreeSet::new();
    let merged = merged
        .concat()
        .into_iter()
        .filter(|sweep| seen.insert(sweep.id.to_string()));
    let merged: Vec<Provenance> = merged.collect();
    let libtorch: BTreeSet<&str> = [&a.leaderboard.sweep.libtorch, &b.leaderboard.sweep.libtorch]
        .into_iter()
        .flat_map(|versions| versions.split(", "))
        .filter(|version| !version.is_empty())
        .collect();
    let workers: BTreeSet<Worker> = a.workers.into_iter().chain(b.workers).collect();
    Ok(ReportInput {
        leaderboard: Leaderboard {
            sweep: Provenance {
                libtorch: libtorch.into_iter().collect::<Vec<_>>().join(", "),
                ..a.leaderboard.sweep.clone()
            },
            merged,
            tasks,
            ..a.leaderboard
        },
        spec,
        groups,
        // Two sweeps have no beginning and end in common.
        time: None,
        workers: workers.into_iter().collect(),
        command_line: a.command_line,
        generated_at: a.generated_at,
        layout: a.layout,
    })
}

/// The sweeps behind a leaderboard.
fn sources(merged: &[Provenance], own: &Provenance) -> Vec<Provenance> {
    match merged {
        [] => vec![own.clone()],
        merged => merged.to_vec(),
    }
}

fn key(result: &TaskResult) -> (&str, u64, &str) {
    (&result.task, result.seed, &result.variant)
}

/// The spec that has the tasks, seeds and variants of both, those of `a` first; seeds in their order.
fn union(a: &SweepSpec, b: &SweepSpec) -> SweepSpec {
    let mut spec = a.clone();
    let known: BTreeSet<String> = a.tasks.iter().map(spec::TaskSpec::name).collect();
    spec.tasks
        .extend(b.tasks.iter().filter(|task| !known.contains(&task.name())).cloned());
    let seeds: BTreeSet<u64> = a.seeds.iter().chain(&b.seeds).copied().collect();
    spec.seeds = seeds.into_iter().collect();
    let known: BTreeSet<&str> = a.variants.iter().map(|variant| variant.name.as_str()).collect();
    let more = b
        .variants
        .iter()
        .filter(|variant| !known.contains(variant.name.as_str()));
    spec.variants.extend(more.cloned());
    spec
}

/// Where a group stands in the plan's order.
fn place(spec: &SweepSpec, task: &str, seed: u64, variant: &str) -> (Option<usize>, u64, Option<usize>) {
    (
        spec.tasks.iter().position(|own| own.name() == task),
        seed,
        // None, which comes first, is the method itself.
        spec.variants.iter().position(|own| own.name == variant),
    )
}
