//! The table of tasks as papers have it.

use super::{
    super::paper::{Grid, GridCell},
    table::{escape, head, left, line, right},
};
use augur_core::leaderboard::Leaderboard;

/// Rows are tasks, columns are methods, the last row is the average rank.
pub fn section(board: &Leaderboard) -> String {
    let grid = Grid::of(board);
    let mut out = String::from("\n## Tasks\n\n");
    out += "AUROC: mean (standard deviation) over seeds; the best of each task is bold.\n\n";
    let methods: Vec<String> = grid.methods.iter().map(|method| escape(method)).collect();
    let columns = std::iter::once(left("task")).chain(methods.iter().map(|method| right(method)));
    out += &head(&columns.collect::<Vec<_>>());
    let cell = |cell: &Option<GridCell>| match cell {
        Some(cell) if cell.best && grid.methods.len() > 1 => format!("**{}**", cell.text()),
        Some(cell) => cell.text(),
        None => "-".into(),
    };
    for row in &grid.tasks {
        let cells = std::iter::once(escape(row.task)).chain(row.cells.iter().map(cell));
        out += &line(&cells.collect::<Vec<_>>());
    }
    if grid.is_ranked() {
        let rank = |rank: &Option<f64>| match rank {
            Some(rank) if grid.is_best_rank(*rank) => format!("**{rank:.2}**"),
            Some(rank) => format!("{rank:.2}"),
            None => "-".into(),
        };
        let cells = std::iter::once("average rank".to_owned()).chain(grid.ranks.iter().map(rank));
        out += &line(&cells.collect::<Vec<_>>());
    }
    out
}
