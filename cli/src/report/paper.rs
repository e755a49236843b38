//! The table of results as papers have it: rows are tasks, columns are methods, the last row is the average rank.

use super::{
    cells::{NO_LABELS, NOTHING_SELECTED},
    format::{number, or_dash},
    page::View,
};
use crate::results::{Grid, GridCell};
use maud::{Markup, html};

/// The table, and how to read it.
pub fn leaderboard(view: &View) -> Markup {
    let grid = Grid::of(&view.input.leaderboard);
    let has_several = grid.methods.len() > 1;
    html! {
        div.scroll role="region" aria-label="AUROC by task and method" tabindex="0" {
            table #leaderboard.paper {
                thead { tr {
                    th scope="col" { "Task" }
                    @for method in &grid.methods { th.number scope="col" { (method) } }
                } }
                tbody {
                    @for (t, row) in grid.tasks.iter().enumerate() {
                        tr.first {
                            th scope="row" { a href=(format!("#task-{t}")) { (row.task) } }
                            @for cell in &row.cells { (auroc(cell.as_ref(), has_several)) }
                        }
                    }
                    @if grid.is_ranked() {
                        tr.overall {
                            th scope="row" { "Average rank" }
                            @for rank in &grid.ranks {
                                td.number.best[rank.is_some_and(|rank| grid.is_best_rank(rank))] {
                                    (or_dash(rank.and_then(|rank| number(rank, 2)), "no task has every method"))
                                }
                            }
                        }
                    }
                }
            }
        }
        p.note { "AUROC of what was selected: mean (standard deviation) over seeds. The best of each task is bold." }
    }
}

fn auroc(cell: Option<&GridCell>, has_several: bool) -> Markup {
    html! {
        @match cell {
            Some(cell) => td.number.best[cell.best && has_several] { (cell.text()) },
            None => td.number { (or_dash(None, &format!("{NO_LABELS}, or {NOTHING_SELECTED}"))) },
        }
    }
}
