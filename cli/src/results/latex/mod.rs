//! leaderboard.tex: booktabs tables for `\input` into a paper.

mod escape;
mod tables;
#[cfg(test)]
mod tests;

use super::{Layout, comparison::compare, quality::quality, rows::has_variants};
use augur_core::leaderboard::Leaderboard;
use escape::escape;

/// A table that is wider than the line is scaled to it; no other one is.
const SCALED: &str = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%";

/// The tables of a leaderboard as LaTeX, each a `table` with caption and label. They need `booktabs`, `graphicx`, which scales wide ones, and
/// `\usepackage[T1]{fontenc}` for names with accents; text is UTF-8.
pub fn to_latex(board: &Leaderboard, layout: Layout) -> String {
    let mut out = format!(
        "% Tables of the sweep {}, made by augur {}. In the preamble: \\usepackage[T1]{{fontenc}} \\usepackage{{booktabs,graphicx}}\n",
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
        let rows = |rows: &[Vec<String>]| -> String {
            rows.iter()
                .map(|cells| format!("    {} \\\\\n", cells.join(" & ")))
                .collect()
        };
        let foot = match self.foot.is_empty() {
            true => String::new(),
            false => format!("    \\midrule\n{}", rows(&self.foot)),
        };
        format!(
            "\n\\begin{{table}}\n  \\centering\n  \\small\n  \\caption{{{}}}\n  \\label{{tab:{label}}}\n  \
             {SCALED}\n  \\begin{{tabular}}{{{}{}}}\n    \\toprule\n{}    \\midrule\n{}{foot}    \\bottomrule\n  \
             \\end{{tabular}}}}\n\\end{{table}}\n",
            self.caption,
            "l".repeat(self.texts),
            "r".repeat(numbers),
            rows(std::slice::from_ref(&self.header)),
            rows(&self.rows),
        )
    }
}
