//! A plan as text: tasks, families and where they start, variants, and how many trials that makes.

use super::{Planned, Schedule, Variant};
use crate::{
    results::{finish, plain},
    text,
};
use augur_core::spec::{FamilySpec, Form, METHOD, StartScheme, Starts, VariantSpec};
use comfy_table::Table;
use serde::Serialize;

/// What would run.
pub fn text(planned: &Planned, width: u16) -> String {
    let Planned {
        sweep,
        tasks,
        seeds,
        trials,
        ..
    } = planned;
    let mut tasks_table = plain(width);
    tasks_table.set_header(["task", "normal", "anomalies"]);
    for task in tasks {
        tasks_table.add_row([&task.name, &task.normal, &task.anomalies]);
    }
    let seeds_list: Vec<_> = seeds.iter().map(u64::to_string).collect();
    let candidates = match planned.variants.is_empty() {
        true => text::count(planned.trials_per_task_and_seed, "start"),
        false => text::count(planned.trials_per_task_and_seed, "candidate"),
    };
    let data = match planned.data.found {
        true => planned.data.note.clone(),
        false => format!("not here: {}", planned.data.note),
    };
    format!(
        "sweep {sweep} ({})\n\n{}\n{}\nseeds      {}\ntrials     {trials} = {} x {} x {candidates}\ntraining   {} a \
         trial, {}\n{}schedule   long trials first; makespan / (work / slots) is {}\nselection  {}\ndata       {data}\n",
        planned.id,
        finish(tasks_table),
        finish(starts(planned, width)),
        seeds_list.join(", "),
        count(tasks.len(), "task"),
        count(seeds.len(), "seed"),
        text::count(planned.epochs_per_trial, "epoch"),
        text::count(planned.threads_per_trial, "thread"),
        early_stopping(planned),
        schedule(planned),
        planned.criterion,
    )
}

/// A line on the rungs and what they save; nothing without early stopping.
fn early_stopping(planned: &Planned) -> String {
    planned.early_stopping.as_ref().map_or(String::new(), |stopping| {
        let rungs: Vec<_> = stopping.rungs.iter().map(u32::to_string).collect();
        format!(
            "stopping   1 in {} goes on after epochs {}; about {:.0} % of all epochs are run\n",
            stopping.reduction,
            rungs.join(", "),
            100.0 * stopping.expected_share
        )
    })
}

/// "1.00 on 2, 1.01 on 4, 1.02 on 8 slots".
fn schedule(planned: &Planned) -> String {
    let on = |schedule: &Schedule| format!("{:.2} on {}", schedule.makespan, schedule.slots);
    let all: Vec<_> = planned.schedule.iter().map(on).collect();
    all.join(", ") + " slots"
}

fn count(n: usize, what: &str) -> String {
    text::count(u32::try_from(n).unwrap_or(u32::MAX), what)
}

/// The families with their starting points; those of each variant where there are some.
fn starts(planned: &Planned, width: u16) -> Table {
    let own: Vec<&FamilySpec> = planned.families.iter().map(|family| &family.spec).collect();
    let mut table = plain(width);
    if planned.variants.is_empty() {
        table.set_header(["family", "start"]);
        table.add_rows(rows(&own));
        return table;
    }
    table.set_header(["variant", "trials", "family", "start"]);
    for variant in &planned.variants {
        let trials = variant.trials_per_task_and_seed.to_string();
        let names = [(variant.spec.name.as_str(), trials.as_str())]
            .into_iter()
            .chain(std::iter::repeat(("", "")));
        for ((name, trials), [family, start]) in names.zip(of_variant(variant, &own)) {
            table.add_row([name, trials, &family, &start]);
        }
    }
    table
}

/// What a variant does: its baseline, or its families and what else differs from the method.
fn of_variant(variant: &Variant, own: &[&FamilySpec]) -> Vec<[String; 2]> {
    let VariantSpec {
        name,
        baseline,
        families,
        ..
    } = &variant.spec;
    let mut all = match (baseline, families) {
        (Some(baseline), _) => vec![[baseline.name().to_owned(), "none: a baseline".to_owned()]],
        (None, Some(families)) => rows(&families.iter().collect::<Vec<_>>()),
        (None, None) if name == METHOD => rows(own),
        (None, None) => vec![[format!("as {METHOD}"), format!("as {METHOD}")]],
    };
    all.extend(differences(&variant.spec).into_iter().map(|text| [String::new(), text]));
    all
}

/// The settings in place of the sweep's, such as `hypergradient: first_order`.
fn differences(variant: &VariantSpec) -> Vec<String> {
    let VariantSpec {
        hypergradient,
        validation_loss,
        score,
        detector,
        ..
    } = variant;
    let settings = [
        ("hypergradient", hypergradient.as_ref().map(word)),
        ("validation_loss", validation_loss.as_ref().map(word)),
        ("score", score.as_ref().map(word)),
        ("detector", detector.as_ref().map(word)),
    ];
    let given = settings
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key}: {}", value?)));
    given.collect()
}

/// A setting as in the spec, on one line.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        value => value.unwrap_or_default().to_string(),
    }
}

/// A row for each starting point that is written out, one for a scheme that makes them.
fn rows(families: &[&FamilySpec]) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    for family in families {
        let names = std::iter::once(title(family)).chain(std::iter::repeat(String::new()));
        rows.extend(names.zip(points(family)).map(|(name, start)| [name, start]));
    }
    rows
}

/// The family, and its form where that isn't the method's.
fn title(family: &FamilySpec) -> String {
    let name = family.name();
    match family.form() {
        Form::Tuned => name.to_owned(),
        Form::Fixed => format!("{name}, fixed"),
        Form::Distribution => format!("{name}, distribution"),
        Form::Random => format!("{name}, random"),
    }
}

fn points(family: &FamilySpec) -> Vec<String> {
    let ranges = ranges(family);
    let made = |n: u32, kind: &str| vec![format!("{n} {kind} over {ranges}")];
    match (family.form(), family.starts()) {
        (Form::Random, _) => vec![format!("none: drawn for each image over {ranges}")],
        (_, Starts::List(points)) => points.iter().map(text::hyperparameters).collect(),
        (_, Starts::Scheme(StartScheme::Grid(n))) => {
            let points = u32::try_from(family.starts_count()).unwrap_or(u32::MAX);
            made(points, &format!("points of an even grid, {n} a hyperparameter,"))
        }
        (_, Starts::Scheme(StartScheme::Random(n))) => made(*n, "random points, others for each seed,"),
        (_, Starts::Scheme(StartScheme::Sobol(n))) => made(*n, "points of a Sobol sequence"),
    }
}

/// "area 0.01 to 0.25, aspect 0.25 to 4, angle_deg 0 to 360".
fn ranges(family: &FamilySpec) -> String {
    let range = |range: augur_core::spec::SearchRange| format!("{} {} to {}", range.name, range.low, range.high);
    family
        .search_ranges()
        .into_iter()
        .map(range)
        .collect::<Vec<_>>()
        .join(", ")
}
