//! What stands in the cells of the tables: losses, measures, families, hyperparameters.

use super::{
    format::{self, Quantity, or_dash},
    page::View,
    plot,
};
use crate::results::Measure;
use augur_core::{
    leaderboard::Candidate,
    outcome::{Hyperparameters, Validation},
};
use maud::{Markup, html};

/// Why a measure is missing.
pub const NO_LABELS: &str = "the task has no labels";
/// Why a number is missing.
pub const NOT_A_NUMBER: &str = "not a finite number";
/// Why a baseline has no losses.
pub const BASELINE: &str = "a baseline has no augmentation to judge";
/// Why a row is empty.
pub const NOTHING_SELECTED: &str = "every trial was excluded";

/// The heading of the criterion's column.
pub fn loss_heading(view: &View) -> Markup {
    let criterion = format::criterion(view.input.leaderboard.criterion);
    html! { th.number scope="col" { "Validation loss" br; span.unit { (criterion) } } }
}

/// The headings of the losses and measures of a trial.
pub fn measure_headings(view: &View) -> Markup {
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
pub fn measures(view: &View, candidate: &Candidate, show: fn(&Measure, &Candidate) -> Markup) -> Markup {
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
pub fn value(measure: &Measure, candidate: &Candidate) -> Markup {
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
            div.interval title="95 percent interval" { (shown(low)) "\u{2013}" (shown(high)) }
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

/// `110.0° → 147.3°`; one line for each hyperparameter, named where there are several; one value
/// where it stayed.
pub fn tuning(initial: &Hyperparameters, tuned: &Hyperparameters) -> Markup {
    let (is_one, is_same) = (tuned.len() <= 1, initial == tuned);
    html! {
        @for (name, end) in format::in_order(tuned) {
            @let quantity = Quantity::of(name);
            div {
                @if !is_one { span.name { (quantity.label) " " } }
                @if !is_same {
                    (or_dash(initial.get(name).map(|start| quantity.text(*start)), "no starting point was given"))
                    " \u{2192} "
                }
                (quantity.text(end))
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
pub fn trial(id: &str) -> Markup {
    let short: String = id.chars().take(8).collect();
    html! { code title=(id) { (short) } }
}
