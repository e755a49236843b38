//! The tables: selected configurations, candidates of a group, excluded trials.

use super::{
    GroupCurves, TrialCurve,
    cells::{
        NOTHING_SELECTED, agreement, family, loss, loss_heading, measure_headings, measures, trial, tuning, value,
    },
    format::{self, or_dash},
    page::View,
    variants,
};
use crate::results::{Row, rows};
use augur_core::leaderboard::{Candidate, TaskResult};
use maud::{Markup, html};

/// One row for each (task, seed): what was selected and how well it did; below several seeds their mean and deviation.
pub fn leaderboard(view: &View) -> Markup {
    let results = || view.tasks.iter().flat_map(|task| task.seeds.iter().flatten());
    let rows = rows(&view.input.leaderboard);
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
                        @if let Some(row) = rows.iter().find(|row| row.task == task.name && row.results.len() > 1) {
                            tr.mean { (mean_row(view, row)) }
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

/// Mean and deviation over the seeds of a task.
fn mean_row(view: &View, row: &Row) -> Markup {
    html! {
        th {}
        td.number { "mean" }
        td { (family(view, &row.families())) }
        td {}
        td.number { (variants::over_losses(row)) }
        td {}
        td {}
        @for measure in &view.measures { td.number { (variants::over(measure, &row.selected())) } }
        td {}
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
