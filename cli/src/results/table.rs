//! The short table that ends `augur run`: the selected configuration of each task and seed.

use crate::text;
use augur_core::leaderboard::Leaderboard;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// The table, at most `width` columns wide. Names of tasks stand once, at their first seed.
pub fn to_table(board: &Leaderboard, width: u16) -> String {
    let mut table = plain(width);
    table.set_header(["task", "seed", "family", "tuned", "val_loss", "AUROC"]);
    let mut last = None;
    for result in &board.tasks {
        let name = if last == Some(&result.task) { "" } else { &result.task };
        last = Some(&result.task);
        let numbers = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let mut row = vec![Cell::new(name), numbers(result.seed.to_string())];
        row.extend(match &result.selected {
            Some(selected) => [
                Cell::new(&selected.family),
                Cell::new(text::hyperparameters(&selected.tuned)),
                numbers(text::loss(selected.val_loss)),
                numbers(text::share(selected.auroc)),
            ],
            None => [
                Cell::new("none"),
                Cell::new("every trial was kept out"),
                Cell::new(""),
                Cell::new(""),
            ],
        });
        table.add_row(row);
    }
    finish(table)
}

/// A table without lines, for the terminal.
pub fn plain(width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table
}

/// The table's text, without the space that comfy-table leaves at both ends of a line.
pub fn finish(table: Table) -> String {
    let text = table.to_string();
    let lines = text
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;

    #[test]
    fn wide_and_narrow() {
        let board = fixture::leaderboard();
        insta::assert_snapshot!("table_120", super::to_table(&board, 120));
        insta::assert_snapshot!("table_80", super::to_table(&board, 80));
        assert!(
            super::to_table(&board, 80)
                .lines()
                .all(|line| line.chars().count() <= 80)
        );
    }
}
