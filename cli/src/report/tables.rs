//! The tables: selected configurations, candidates of a group, excluded trials.

use super::{
    GroupCurves, TrialCurve,
    format::{self, Quantity, or_dash},
    page::View,
    plot,
};
use crate::results::Measure;
use augur_core::{
    leaderboard::{Candidate, TaskResult},
    outcome::{Hyperparameters, Validation},
};
use maud::{Markup, html};

/// Why a measure is missing.
pub const NO_LABELS: &str = "the task has no labels";
const NOT_A_NUMBER: &str = "not a finite number";
const BASELINE: &str = "a baseline has no augmentation to judge";
/// Why a row is empty.
pub const NOTHING_SELECTED: &str = "every trial was excluded";

/// One row for each (task, seed): what was selected and how well it did.
pub fn leaderboard(view: &View) -> Markup {
    let results = || view.tasks.iter().flat_map(|task| task.seeds.iter().flatten());
    html! {
        div.scroll role="region" aria-label="Selected configurations" tabindex="0" {
            table #leaderboard {
                thead { tr {
                    th scope="col" { "Task" }
                    th.number scope="col" { "Seed" }
                    th scope="col" { "Family" }
                    th scope="col" { "Initial \u{2192} tuned" }
                    (loss_heading(view))
                    (measure_headings(view))
                } }
                tbody {
                    @for (t, task) in view.tasks.iter().enumerate() {
                        @for (s, result) in task.seeds.iter().flatten().enumerate() {
                            tr.first[s == 0] { (leaderboard_row(view, result, t, s)) }
                        }
                    }
                }
            }
        }
        @if results().any(|r| r.selected.as_ref().is_some_and(|c| c.auroc.is_none() || c.average_precision.is_none())) {
            p.note { "\u{2013} under AUROC or average precision: there are no labels to hold the scores against." }
        }
        @if results().any(|result| result.selected.is_none()) {
            p.note { "\u{2013} in a whole row: every trial was excluded, so there was nothing to select." }
        }
    }
}

fn leaderboard_row(view: &View, result: &TaskResult, task: usize, seed: usize) -> Markup {
    html! {
        th scope="row" { a href=(format!("#task-{task}")) { (result.task) } }
        td.number { a href=(format!("#task-{task}-{seed}")) { (result.seed) } }
        @match &result.selected {
            Some(candidate) => {
                td { (family(view, &candidate.family)) }
                td.path { (tuning(&candidate.initial, &candidate.tuned)) }
                td.number { (loss(candidate.val_loss)) }
                (measures(view, candidate, agreement))
            }
            None => {
                @for _ in 0..2 { td { (or_dash(None, NOTHING_SELECTED)) } }
                @for _ in 0..4 + view.measures.len() { td.number { (or_dash(None, NOTHING_SELECTED)) } }
            }
        }
    }
}

/// The ranked trials of a group, best first.
pub fn candidates(view: &View, result: &TaskResult) -> Markup {
    html! {
        div.scroll role="region" aria-label=(format!("Candidates of {}", place(view, result))) tabindex="0" {
            table.candidates {
                thead { tr {
                    th.number scope="col" { "Rank" }
                    th scope="col" { "Trial" }
                    th scope="col" { "Family" }
                    th scope="col" { "Initial \u{2192} tuned" }
                    (loss_heading(view))
                    th.number scope="col" { "Mean distance" br; span.unit { "L_val" } }
                    th.number scope="col" { "Score" br; "variance" }
                    (measure_headings(view))
                } }
                tbody {
                    @for (rank, candidate) in result.candidates.iter().enumerate() {
                        tr.chosen[is_selected(result, candidate)] {
                            td.number { (rank + 1) }
                            td { (trial(&candidate.trial.to_string())) }
                            td { (family(view, &candidate.family)) }
                            td.path { (tuning(&candidate.initial, &candidate.tuned)) }
                            td.number { (loss(candidate.val_loss)) }
                            td.number { (loss(candidate.validation.map(|v| v.mean_distance))) }
                            td.number { (loss(candidate.validation.map(|v| v.score_variance))) }
                            (measures(view, candidate, value))
                        }
                    }
                }
            }
        }
    }
}

/// The trials of a group that were kept out, with reasons.
pub fn excluded(view: &View, result: &TaskResult, group: Option<&GroupCurves>) -> Markup {
    let curve = |trial: &str| -> Option<&TrialCurve> { group?.trials.iter().find(|curve| curve.trial == trial) };
    html! {
        div.scroll role="region" aria-label=(format!("Excluded trials of {}", place(view, result))) tabindex="0" {
            table.excluded {
                thead { tr {
                    th scope="col" { "Excluded" }
                    th scope="col" { "Family" }
                    th scope="col" { "Initial" }
                    th scope="col" { "Reason" }
                } }
                tbody {
                    @for excluded in &result.excluded {
                        @let id = excluded.trial.to_string();
                        @let curve = curve(&id);
                        tr {
                            td { (trial(&id)) }
                            td { @match curve {
                                Some(curve) => (family(view, &curve.family)),
                                None => (or_dash(None, "the trial's course was not given")),
                            } }
                            td { (or_dash(curve.map(|c| format::hyperparameters(&c.initial)), "the trial's course was not given")) }
                            td.reason { (excluded.reason) }
                        }
                    }
                }
            }
        }
    }
}

/// A (task, seed, variant) in words.
fn place(view: &View, result: &TaskResult) -> String {
    let variant = if view.has_variants {
        format!(", {}", result.variant)
    } else {
        String::new()
    };
    format!("{}, seed {}{variant}", result.task, result.seed)
}

fn is_selected(result: &TaskResult, candidate: &Candidate) -> bool {
    result
        .selected
        .as_ref()
        .is_some_and(|selected| selected.trial == candidate.trial)
}

/// The heading of the criterion's column.
pub fn loss_heading(view: &View) -> Markup {
    let criterion = format::criterion(view.input.leaderboard.criterion);
    html! { th.number scope="col" { "Validation loss" br; span.unit { (criterion) } } }
}

fn measure_headings(view: &View) -> Markup {
    html! {
        th.number scope="col" { "Explained" }
        th.number scope="col" { "Anomaly" br; "share" }
        @for measure in &view.measures { (measure_heading(measure)) }
        th.number scope="col" { "Time" }
    }
}

/// The heading of a measure's column.
pub fn measure_heading(measure: &Measure) -> Markup {
    html! {
        th.number scope="col" {
            @match measure.title.strip_prefix("test ") {
                Some(title) => { (title) br; span.unit { "test images" } }
                None if measure.title == "AP" => { "Average" br; "precision" }
                None => (measure.title),
            }
        }
    }
}

/// The losses and measures of a trial; `show` makes the cell of a measure.
fn measures(view: &View, candidate: &Candidate, show: fn(&Measure, &Candidate) -> Markup) -> Markup {
    let percent = |value: fn(&Validation) -> f64| match &candidate.validation {
        Some(validation) => or_dash(format::percent(value(validation)), NOT_A_NUMBER),
        None => or_dash(None, BASELINE),
    };
    html! {
        td.number { (percent(|v| v.explained)) }
        td.number { (percent(|v| v.anomaly_share)) }
        @for measure in &view.measures { td.number { (show(measure, candidate)) } }
        td.number { (or_dash(format::duration(candidate.seconds), NOT_A_NUMBER)) }
    }
}

/// A measure of one trial.
fn value(measure: &Measure, candidate: &Candidate) -> Markup {
    or_dash(
        (measure.value)(candidate).and_then(|value| format::number(value, 3)),
        NO_LABELS,
    )
}

/// A measure of one trial, its interval below it.
pub fn agreement(measure: &Measure, candidate: &Candidate) -> Markup {
    let shown = |value: f64| format::number(value, 3).unwrap_or_default();
    html! {
        (value(measure, candidate))
        @if let Some([low, high]) = (measure.interval)(candidate) {
            div.interval title="95 percent interval" { (shown(low)) " to " (shown(high)) }
        }
    }
}

/// A validation loss; a baseline has none.
pub fn loss(value: Option<f64>) -> Markup {
    match value {
        Some(value) => or_dash(format::loss(value), NOT_A_NUMBER),
        None => or_dash(None, BASELINE),
    }
}

/// `110.0° → 147.3°`; one line for each hyperparameter, named where there are several.
pub fn tuning(initial: &Hyperparameters, tuned: &Hyperparameters) -> Markup {
    let is_one = tuned.len() <= 1;
    html! {
        @for (name, end) in format::in_order(tuned) {
            @let quantity = Quantity::of(name);
            div {
                @if !is_one { span.name { (quantity.label) " " } }
                (or_dash(initial.get(name).map(|start| quantity.text(*start)), "no starting point was given"))
                " \u{2192} " (quantity.text(end))
            }
        }
        @if tuned.is_empty() { (or_dash(None, "the trial has no hyperparameters")) }
    }
}

/// A family with its marker; a baseline has none.
pub fn family(view: &View, name: &str) -> Markup {
    let number = plot::family_number(&view.families, name);
    html! {
        @if view.families.iter().any(|family| family == name) {
            span class=(format!("symbol f{number}")) { (super::chart::symbol(number)) } " "
        }
        (name)
    }
}

/// The first eight digits of a trial's identifier; the whole of it on hover.
fn trial(id: &str) -> Markup {
    let short: String = id.chars().take(8).collect();
    html! { code title=(id) { (short) } }
}
