//! The short tables that end `augur run`: the selected configuration of each task and seed; with variants, their
//! measures over seeds and how the method compares.

use super::{
    comparison::{Comparison, compare},
    measures::{Measure, shown},
    rows::{Row, has_variants, rows, spread},
};
use crate::text;
use augur_core::leaderboard::Leaderboard;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// From this width on a table of variants has tuned hyperparameters, validation losses and deviations over seeds,
const WIDE: u16 = 120;
/// and from this on every measure on the validation images.
const WIDEST: u16 = 160;
/// Longer names may be broken.
const LONGEST: u16 = 24;
/// Where families and, from [`WIDE`] on, tuned hyperparameters stand in a table of variants.
const FAMILY: usize = 2;
const TUNED: usize = 3;

/// The tables, at most `width` columns wide. Names of tasks stand once.
pub fn to_table(board: &Leaderboard, width: u16) -> String {
    if !has_variants(board) {
        return seeds(board, width);
    }
    let comparison = compare(board).map(|comparison| format!("\n{}", summary(&comparison, width)));
    variants(board, width) + &comparison.unwrap_or_default()
}

/// A row for each task and seed.
fn seeds(board: &Leaderboard, width: u16) -> String {
    let mut table = plain(width);
    table.set_header(["task", "seed", "family", "tuned", "val_loss", "AUROC"]);
    let mut last = None;
    for result in &board.tasks {
        let name = if last == Some(&result.task) { "" } else { &result.task };
        last = Some(&result.task);
        let mut row = vec![Cell::new(name), number(result.seed.to_string())];
        row.extend(match &result.selected {
            Some(selected) => [
                Cell::new(&selected.family),
                Cell::new(text::few_hyperparameters(&selected.tuned)),
                number(text::loss(selected.val_loss)),
                number(text::share(selected.auroc)),
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

/// A row for each task and variant, with as many columns as there is room for.
fn variants(board: &Leaderboard, width: u16) -> String {
    let measures: Vec<_> = shown(board)
        .into_iter()
        .filter(|measure| fits(measure, width))
        .collect();
    let mut table = plain(width);
    let mut header = vec!["task", "variant", "family"];
    if width >= WIDE {
        header.extend(["tuned", "val_loss"]);
    }
    header.extend(measures.iter().map(|measure| measure.title));
    table.set_header(header);
    let mut last = None;
    for row in rows(board) {
        let name = if last == Some(row.task) { "" } else { row.task };
        last = Some(row.task);
        table.add_row(variant(&row, name, &measures, width));
    }
    for (at, longest) in table.column_max_content_widths().into_iter().enumerate() {
        // What may be broken into lines is the configuration, not a name or a number.
        if let Some(column) = table.column_mut(at).filter(|_| at != FAMILY && at != TUNED) {
            let least = longest.min(LONGEST) + column.padding_width();
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    finish(table)
}

/// Whether a measure has its column: AUROC always, others where there is much room.
fn fits(measure: &Measure, width: u16) -> bool {
    measure.title.ends_with("AUROC") || (width >= WIDEST && !measure.title.starts_with("test"))
}

fn variant(row: &Row, task: &str, measures: &[&Measure], width: u16) -> Vec<Cell> {
    let mut cells = vec![Cell::new(task), Cell::new(row.variant), Cell::new(row.families())];
    if width >= WIDE {
        cells.extend([Cell::new(row.tuned()), number(spread(row.val_loss(), 4))]);
    }
    let selected = row.selected();
    cells.extend(
        measures
            .iter()
            .map(|measure| number(spread(measure.mean_sd(&selected), 3))),
    );
    cells
}

/// A row for each variant, over all tasks.
fn summary(comparison: &Comparison, width: u16) -> String {
    let mut table = plain(width);
    table.set_header([
        "over all tasks",
        "tasks",
        "AUROC",
        "rank",
        "wins-ties-losses",
        "p",
        "p (Holm)",
    ]);
    for variant in &comparison.variants {
        let against =
            |text: fn(&super::comparison::Against) -> String| number(variant.against.as_ref().map_or("".into(), text));
        table.add_row([
            Cell::new(&variant.name),
            number(variant.tasks.to_string()),
            number(text::share(variant.auroc)),
            number(variant.rank.map_or("-".into(), |rank| format!("{rank:.2}"))),
            against(|a| a.tally()),
            against(|a| text::probability(a.p)),
            against(|a| text::probability(a.p_holm)),
        ]);
    }
    finish(table) + "wins, ties, losses of st-ssad against the variant; p of Wilcoxon's signed-rank test, two-sided\n"
}

fn number(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
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

    #[test]
    fn variants_wide_and_narrow() {
        let board = fixture::with_variants();
        insta::assert_snapshot!("variants_160", super::to_table(&board, 160));
        insta::assert_snapshot!("variants_80", super::to_table(&board, 80));
        assert!(
            super::to_table(&board, 80)
                .lines()
                .take(10)
                .all(|line| line.chars().count() <= 80)
        );
    }
}
