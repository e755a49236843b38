//! leaderboard.md: how the variants compare, a table of tasks with mean and deviation over seeds, then a row for each
//! seed. Without variants nothing is said of them.

mod paper;
mod quality;
mod table;

use super::{
    Layout,
    comparison::{Against, compare},
    measures::{Measure, shown},
    reused::reused,
    rows::{Row, has_variants, rows, spread},
    stopping::{audit, saved, totals},
};
use crate::text;
use augur_core::leaderboard::{Leaderboard, TaskResult};
use std::fmt::Write;
use table::{Column, dash, escape, head, left, line, right};

/// The leaderboard as Markdown, its table of tasks in the layout that is asked for.
pub fn to_markdown(board: &Leaderboard, layout: Layout) -> String {
    let tables = Tables {
        board,
        measures: shown(board),
        has_variants: has_variants(board),
    };
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(out, "# {}\n", escape(&board.sweep.name));
    let _ = writeln!(
        out,
        "For each task and seed the trial with the lowest validation loss ({}), chosen before any label was read.",
        board.criterion.name()
    );
    out += "AUROC and average precision (AP) were computed afterwards.\n";
    let tasks = match layout {
        Layout::Full => tables.tasks(),
        Layout::Paper => paper::section(board),
    };
    out + &tables.comparison()
        + &tasks
        + &quality::section(board)
        + &tables.seeds()
        + &tables.early_stopping()
        + &tables.kept_out()
        + &tables.provenance()
}

/// What the tables share.
struct Tables<'a> {
    board: &'a Leaderboard,
    measures: Vec<&'static Measure>,
    has_variants: bool,
}

impl Tables<'_> {
    /// The method against each variant.
    fn comparison(&self) -> String {
        let Some(comparison) = compare(self.board) else {
            return String::new();
        };
        let mut out = String::from("\n## Over all tasks\n\n");
        out += "AUROC is the mean over tasks of the means over seeds, rank the mean rank over the tasks that all variants \
                have (1 is best). Wins, ties and losses are those of st-ssad against the variant; p is of Wilcoxon's \
                signed-rank test over tasks (two-sided, exact), then with Holm's correction.\n\n";
        let numbers = ["tasks", "AUROC", "rank", "wins-ties-losses", "p", "p (Holm)"];
        out += &head(&[vec![left("variant")], numbers.map(right).to_vec()].concat());
        for variant in &comparison.variants {
            let against = |text: fn(&Against) -> String| variant.against.as_ref().map_or("-".into(), text);
            out += &line(&[
                escape(&variant.name),
                variant.tasks.to_string(),
                text::share(variant.auroc),
                variant.rank.map_or("-".into(), |rank| format!("{rank:.2}")),
                against(Against::tally),
                against(|a| text::probability(a.p)),
                against(|a| text::probability(a.p_holm)),
            ]);
        }
        out
    }

    fn tasks(&self) -> String {
        let mut out = String::from("\n## Tasks\n\n");
        out += "Mean ± standard deviation over seeds; angles are averaged as directions.\n\n";
        let mut columns = self.headings();
        columns.extend([right("seeds"), left("family"), left("tuned"), right("val_loss")]);
        columns.extend(self.measures.iter().map(|measure| right(measure.title)));
        out += &head(&columns);
        for row in rows(self.board) {
            out += &self.task(&row);
        }
        out
    }

    /// The results of one task and variant over seeds.
    fn task(&self, row: &Row) -> String {
        let mut cells = self.names(row.task, row.variant);
        cells.extend([row.seeds(), row.families(), row.tuned(), spread(row.val_loss(), 4)]);
        cells.extend(self.measures.iter().map(|measure| measure.over(&row.selected())));
        line(&cells)
    }

    fn seeds(&self) -> String {
        let mut out = String::from("\n## Seeds\n\n");
        let mut columns = self.headings();
        columns.extend([
            right("seed"),
            left("family"),
            left("initial"),
            left("tuned"),
            right("val_loss"),
        ]);
        columns.extend(self.measures.iter().map(|measure| right(measure.title)));
        columns.extend([right("ranked"), right("kept out")]);
        out += &head(&columns);
        for result in &self.board.tasks {
            out += &self.seed(result);
        }
        out
    }

    fn seed(&self, result: &TaskResult) -> String {
        let mut cells = self.names(&result.task, &result.variant);
        cells.push(result.seed.to_string());
        match &result.selected {
            Some(c) => {
                cells.extend([
                    c.family.clone(),
                    dash(text::hyperparameters(&c.initial)),
                    dash(text::hyperparameters(&c.tuned)),
                    text::loss(c.val_loss),
                ]);
                cells.extend(self.measures.iter().map(|measure| measure.of(c)));
            }
            None => {
                cells.push("none".into());
                cells.extend(std::iter::repeat_n("-".to_owned(), 3 + self.measures.len()));
            }
        }
        cells.extend([result.candidates.len(), result.excluded.len()].map(|n| n.to_string()));
        line(&cells)
    }

    /// What early stopping saved and what it may have cost; nothing without it.
    fn early_stopping(&self) -> String {
        let Some(all) = &self.board.early_stopping else {
            return String::new();
        };
        let mut out = format!("\n## Early stopping\n\n{}\n\n", totals(all));
        let mut columns = self.headings();
        columns.extend([right("seed"), right("stopped"), right("epochs left out"), left("audit")]);
        out += &head(&columns);
        for result in &self.board.tasks {
            let Some(summary) = &result.early_stopping else {
                continue;
            };
            let mut cells = self.names(&result.task, &result.variant);
            cells.extend([result.seed.to_string(), summary.stopped.to_string()]);
            cells.extend([saved(summary), audit(summary)]);
            out += &line(&cells);
        }
        out
    }

    fn kept_out(&self) -> String {
        let results = self.board.tasks.iter().filter(|result| !result.excluded.is_empty());
        let mut rows = String::new();
        for result in results {
            for excluded in &result.excluded {
                let mut cells = self.names(&result.task, &result.variant);
                cells.push(result.seed.to_string());
                cells.extend([format!("`{}`", excluded.trial), escape(&excluded.reason)]);
                rows += &line(&cells);
            }
        }
        if rows.is_empty() {
            return rows;
        }
        let mut columns = self.headings();
        columns.extend([right("seed"), left("trial"), left("reason")]);
        format!("\n## Kept out\n\n{}{rows}", head(&columns))
    }

    fn provenance(&self) -> String {
        let sweep = &self.board.sweep;
        let from = reused(self.board);
        let from = from
            .iter()
            .map(|(name, n)| format!("{} from {}", text::count(*n, "trial"), escape(name)));
        let from: Vec<String> = from.collect();
        let reused = match from.is_empty() {
            true => String::new(),
            false => format!("\nNot computed again but reused: {}.\n", from.join(", ")),
        };
        let merged = self
            .board
            .merged
            .iter()
            .map(|sweep| format!("{} `{}`", escape(&sweep.name), sweep.id));
        let merged: Vec<String> = merged.collect();
        let merged = match merged.is_empty() {
            true => String::new(),
            false => format!("\nMerged from {}.\n", merged.join(", ")),
        };
        format!(
            "{reused}{merged}\nSweep `{}`, spec SHA-256 `{}`, augur {}, libtorch {}. `augur verify` on the folder of this file \
             checks the seal of every choice.\n",
            sweep.id, sweep.spec_sha256, sweep.augur, sweep.libtorch
        )
    }

    /// The first columns of a table.
    fn headings(&self) -> Vec<Column> {
        match self.has_variants {
            true => vec![left("task"), left("variant")],
            false => vec![left("task")],
        }
    }

    /// The first cells of a row.
    fn names(&self, task: &str, variant: &str) -> Vec<String> {
        match self.has_variants {
            true => vec![escape(task), escape(variant)],
            false => vec![escape(task)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::fixture, Layout};

    #[test]
    fn tasks_then_seeds() {
        insta::assert_snapshot!(super::to_markdown(&fixture::leaderboard(), Layout::Full));
    }

    #[test]
    fn variants_come_with_a_comparison() {
        insta::assert_snapshot!(super::to_markdown(&fixture::with_variants(), Layout::Full));
    }

    #[test]
    fn papers_have_methods_as_columns() {
        insta::assert_snapshot!(super::paper::section(&fixture::with_variants()));
    }
}
