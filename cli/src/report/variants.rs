//! The tables of a sweep with variants: each task with the method and its variants over seeds, and one seed of it.

use super::{
    cells::{
        NO_LABELS, NOT_A_NUMBER, NOTHING_SELECTED, agreement, family, loss, loss_heading, measure_heading, tuning,
    },
    format::{self, or_dash},
    page::View,
};
use crate::results::{Measure, Row, rows};
use augur_core::{
    leaderboard::{Candidate, TaskResult},
    spec::METHOD,
};
use maud::{Markup, html};

/// A row for each task and variant: mean and deviation over seeds. The best mean of each task stands out.
pub fn leaderboard(view: &View) -> Markup {
    let all = rows(&view.input.leaderboard);
    let tasks: Vec<&[Row]> = all.chunk_by(|a, b| a.task == b.task).collect();
    html! {
        div.scroll role="region" aria-label="The method and its variants by task" tabindex="0" {
            table #leaderboard {
                thead { tr {
                    th scope="col" { "Task" }
                    th scope="col" { "Variant" }
                    th.number scope="col" { "Seeds" }
                    th scope="col" { "Family" }
                    (loss_heading(view))
                    @for measure in &view.measures { (measure_heading(measure)) }
                } }
                tbody {
                    @for (t, task) in tasks.iter().enumerate() {
                        @for (v, row) in task.iter().enumerate() {
                            tr.first[v == 0].method[row.variant == METHOD] { (leaderboard_row(view, task, row, (t, v))) }
                        }
                    }
                }
            }
        }
        p.note {
            "Mean and, below it, standard deviation over seeds; of a single seed the value with its 95 percent interval. \
             The highest of each task is bold. What was selected stands with each task below."
        }
    }
}

fn leaderboard_row(view: &View, task: &[Row], row: &Row, (t, v): (usize, usize)) -> Markup {
    html! {
        th scope="row" { @if v == 0 { a href=(format!("#task-{t}")) { (row.task) } } }
        td { (row.variant) }
        td.number { (row.seeds()) }
        td { (family(view, &row.families())) }
        td.number { (over_losses(row)) }
        @for measure in &view.measures {
            td.number.best[is_best(measure, task, row)] {
                @match row.selected().as_slice() {
                    [] => (or_dash(None, NOTHING_SELECTED)),
                    [only] => (agreement(measure, only)),
                    seeds => (over(measure, seeds)),
                }
            }
        }
    }
}

/// Whether no variant of the task has a higher mean.
fn is_best(measure: &Measure, task: &[Row], row: &Row) -> bool {
    let mean = |row: &Row| {
        measure
            .mean_sd(&row.selected())
            .map_or(f64::NEG_INFINITY, |(mean, _)| mean)
    };
    let highest = task.iter().map(mean).fold(f64::NEG_INFINITY, f64::max);
    highest > f64::NEG_INFINITY && mean(row) == highest
}

/// The mean over seeds, its deviation below it.
pub fn over(measure: &Measure, seeds: &[&Candidate]) -> Markup {
    let shown = |value: f64| format::number(value, 3);
    let (mean, sd) = measure.mean_sd(seeds).unzip();
    html! {
        (or_dash(mean.and_then(shown), NO_LABELS))
        @if let Some(sd) = sd.flatten().and_then(shown) { (deviation(&sd)) }
    }
}

/// The same of the validation loss.
pub fn over_losses(row: &Row) -> Markup {
    let (mean, sd) = row.val_loss().unzip();
    html! {
        (loss(mean))
        @if let Some(sd) = sd.flatten().and_then(format::loss) { (deviation(&sd)) }
    }
}

fn deviation(sd: &str) -> Markup {
    html! { div.interval title="standard deviation over seeds" { "\u{b1} " (sd) } }
}

/// A row for the method and each variant on one seed.
pub fn seed(view: &View, results: &[&TaskResult]) -> Markup {
    let label = |result: &TaskResult| format!("Variants on {}, seed {}", result.task, result.seed);
    html! {
        h4 { "The method and its variants" }
        div.scroll role="region" aria-label=[results.first().map(|result| label(result))] tabindex="0" {
            table.variants {
                thead { tr {
                    th scope="col" { "Variant" }
                    th scope="col" { "Family" }
                    th scope="col" { "Initial \u{2192} tuned" }
                    (loss_heading(view))
                    @for measure in &view.measures { (measure_heading(measure)) }
                    th.number scope="col" { "Time" }
                } }
                tbody {
                    @for result in results { tr.chosen[result.variant == METHOD] { (seed_row(view, result)) } }
                }
            }
        }
    }
}

fn seed_row(view: &View, result: &TaskResult) -> Markup {
    html! {
        td { (result.variant) }
        @match &result.selected {
            Some(candidate) => {
                td { (family(view, &candidate.family)) }
                td.path { (tuning(&candidate.initial, &candidate.tuned)) }
                td.number { (loss(candidate.val_loss)) }
                @for measure in &view.measures { td.number { (agreement(measure, candidate)) } }
                td.number { (or_dash(format::duration(candidate.seconds), NOT_A_NUMBER)) }
            }
            None => {
                @for _ in 0..2 { td { (or_dash(None, NOTHING_SELECTED)) } }
                @for _ in 0..2 + view.measures.len() { td.number { (or_dash(None, NOTHING_SELECTED)) } }
            }
        }
    }
}
