//! leaderboard.tex: booktabs tables for `\input` into a paper.

mod escape;
mod tables;
#[cfg(test)]
mod tests;

use super::{
    Layout,
    comparison::compare,
    quality::quality,
    rows::has_variants,
};
use augur_core::leaderboard::Leaderboard;
use escape::escape;
use std::fmt::Write;

/// The tables of a leaderboard as LaTeX, each a `table` with caption and label. They need `booktabs`, and
/// `\usepackage[T1]{fontenc}` for names with accents; text is UTF-8.
pub fn to_latex(board: &Leaderboard, layout: Layout) -> String {
    let mut out = format!(
        "% Tables of the sweep {}, made by augur {}. In the preamble: \\usepackage[T1]{{fontenc}} \\usepackage{{booktabs}}\n",
        board.sweep.name.replace(|c: char| c.is_control(), " "),
        board.sweep.augur
    );
    out += &match layout {
        Layout::Full => tables::full(board),
        Layout::Paper => tables::paper(board),
    }
    .render("leaderboard");
    if has_variants(board)
        && let Some(comparison) = compare(board)
    {
        out += &tables::comparison(&comparison).render("comparison");
    }
    if let Some(quality) = quality(board) {
        out += &tables::regret(&quality).render("choice");
        out += &tables::selectors(&quality).render("selectors");
    }
    out
}

/// One table; the cells are LaTeX already.
struct Table {
    caption: String,
    header: Vec<String>,
    /// Columns of text, on the left; the others hold numbers.
    texts: usize,
    rows: Vec<Vec<String>>,
    /// Set apart below the rows; empty for none.
    foot: Vec<Vec<String>>,
}

impl Table {
    fn render(&self, label: &str) -> String {
        let numbers = self.header.len() - self.texts;
        let mut out = format!(
            "\n\\begin{{table}}\n  \\centering\n  \\small\n  \\caption{{{}}}\n  \\label{{tab:{label}}}\n  \
             \\begin{{tabular}}{{{}{}}}\n    \\toprule\n",
            self.caption,
            "l".repeat(self.texts),
            "r".repeat(numbers)
        );
        let mut line = |cells: &[String]| {
            // Writing to a String does not fail.
            let _ = writeln!(out, "    {} \\\\", cells.join(" & "));
        };
        line(&self.header);
        out += "    \\midrule\n";
        for row in &self.rows {
            let _ = writeln!(out, "    {} \\\\", row.join(" & "));
        }
        if !self.foot.is_empty() {
            out += "    \\midrule\n";
        }
        for row in &self.foot {
            let _ = writeln!(out, "    {} \\\\", row.join(" & "));
        }
        out + "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n"
    }
}
