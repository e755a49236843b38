//! The tables, cell by cell.

use super::{
    super::{
        comparison::Comparison,
        measures::{Measure, shown},
        paper::{Grid, GridCell},
        quality::{Quality, Selector, TaskQuality},
        rows::{Row, has_variants, rows},
    },
    Table, escape,
};
use crate::text::probability;
use augur_core::{
    leaderboard::Leaderboard,
    measure::{Correlation, Estimate},
    spec::METHOD,
};

const NONE: &str = "--";

/// A row for each task and variant, with every measure.
pub fn full(board: &Leaderboard) -> Table {
    let (measures, with_variants) = (shown(board), has_variants(board));
    let all = rows(board);
    let mut header = vec!["Task".to_owned()];
    header.extend(with_variants.then(|| "Method".to_owned()));
    header.push("Family".to_owned());
    let texts = header.len();
    header.push("Seeds".to_owned());
    header.extend(measures.iter().map(|measure| measure.title.to_owned()));
    let is_best = |measure: &Measure, row: &Row| {
        let mean = |row: &Row| measure.mean_sd(&row.selected()).map(|(mean, _)| mean);
        let of_task = all.iter().filter(|other| other.task == row.task).filter_map(mean);
        let highest = of_task.fold(f64::NEG_INFINITY, f64::max);
        with_variants && mean(row).is_some_and(|mean| mean == highest)
    };
    let cells = |(i, row): (usize, &Row)| {
        let is_first = i == 0 || all[i - 1].task != row.task;
        let mut cells = vec![if is_first { escape(row.task) } else { String::new() }];
        cells.extend(with_variants.then(|| escape(row.variant)));
        cells.push(escape(&row.families()));
        cells.push(escape(&row.seeds()));
        cells.extend(measures.iter().map(|measure| {
            let text = measure.over(&row.selected());
            bold(measured(&text), is_best(measure, row))
        }));
        cells
    };
    Table {
        caption: "What was selected without labels, and how well it ranks the validation images: mean $\\pm$ standard \
                  deviation over seeds, or the value with its 95\\,\\% bootstrap interval."
            .into(),
        rows: all.iter().enumerate().map(cells).collect(),
        header,
        texts,
        foot: vec![],
    }
}

/// "0.913 ± 0.010" or "0.913 [0.880, 0.941]" in LaTeX.
fn measured(text: &str) -> String {
    match text {
        "-" => NONE.into(),
        text => text.replace('±', "$\\pm$"),
    }
}

/// Rows are tasks, columns are methods.
pub fn paper(board: &Leaderboard) -> Table {
    let grid = Grid::of(board);
    let cell = |cell: &Option<GridCell>| match cell {
        Some(cell) => bold(cell.text(), cell.best && grid.methods.len() > 1),
        None => NONE.into(),
    };
    let rows = grid.tasks.iter().map(|row| {
        let cells = row.cells.iter().map(cell);
        std::iter::once(escape(row.task)).chain(cells).collect()
    });
    let rank =
        |rank: &Option<f64>| rank.map_or(NONE.into(), |rank| bold(format!("{rank:.2}"), grid.is_best_rank(rank)));
    let ranks = std::iter::once("Average rank".to_owned()).chain(grid.ranks.iter().map(rank));
    Table {
        caption: "AUROC: mean (standard deviation) over seeds. The best of each task is bold; the last row has the average rank \
                  over tasks."
            .into(),
        header: std::iter::once("Task".to_owned()).chain(grid.methods.iter().map(|method| escape(method))).collect(),
        texts: 1,
        rows: rows.collect(),
        foot: if grid.is_ranked() { vec![ranks.collect()] } else { vec![] },
    }
}

/// The method against each variant.
pub fn comparison(comparison: &Comparison) -> Table {
    let rows = comparison.variants.iter().map(|variant| {
        let against = variant.against.as_ref();
        vec![
            escape(&variant.name),
            variant.tasks.to_string(),
            variant.auroc.map_or(NONE.into(), |auroc| format!("{auroc:.3}")),
            variant.rank.map_or(NONE.into(), |rank| format!("{rank:.2}")),
            against.map_or(NONE.into(), |against| against.tally().replace('-', "--")),
            against.map_or(NONE.into(), |against| escape(&probability(against.p))),
            against.map_or(NONE.into(), |against| escape(&probability(against.p_holm))),
        ]
    });
    let header = [
        "Method",
        "Tasks",
        "AUROC",
        "Rank",
        "Wins--ties--losses",
        "$p$",
        "$p$ (Holm)",
    ];
    Table {
        caption: format!(
            "{} against each other method over tasks: mean AUROC, average rank, Wilcoxon's signed-rank test (two-sided, exact), \
             and Holm's correction.",
            escape(METHOD)
        ),
        header: header.map(str::to_owned).into(),
        texts: 1,
        rows: rows.collect(),
        foot: vec![],
    }
}

/// The choice against the oracle and a random pick.
pub fn regret(quality: &Quality) -> Table {
    let of = &quality.overall;
    let foot = [&of.selected, &of.oracle, &of.random, &of.regret].map(|estimate| interval(estimate, 3));
    let correlation = correlations(of.correlation.as_ref(), true);
    let header = ["Task", "Selected", "Oracle", "Random", "Regret", "Spearman", "Kendall"];
    Table {
        caption: "AUROC of the selected configuration, of the best one (oracle) and of a random pick (expected $\\pm$ deviation); \
                  rank correlation of the validation loss with AUROC, $-1$ at best. Last row: means over tasks with 95\\,\\% \
                  bootstrap intervals."
            .into(),
        header: header.map(str::to_owned).into(),
        texts: 1,
        rows: quality.tasks.iter().map(regret_row).collect(),
        foot: vec![std::iter::once("All tasks".to_owned()).chain(foot).chain(correlation).collect()],
    }
}

fn regret_row(task: &TaskQuality) -> Vec<String> {
    let of = &task.regret;
    let mut cells = vec![
        escape(&task.task),
        format!("{:.3}", of.selected),
        format!("{:.3}", of.oracle),
        format!("{:.3} $\\pm$ {:.3}", of.mean, of.deviation),
        format!("{:.3}", of.regret()),
    ];
    cells.extend(correlations(task.correlation.as_ref(), false));
    cells
}

/// What each criterion would have selected.
pub fn selectors(quality: &Quality) -> Table {
    let row = |selector: &Selector| {
        let of = &selector.overall;
        let mut cells = vec![
            bold(escape(&selector.criterion.replace('_', " ")), selector.sealed),
            format!("{} of {}", selector.same, selector.groups),
        ];
        cells.extend([&of.selected, &of.regret, &of.gain].map(|estimate| interval(estimate, 3)));
        cells.push(correlations(of.correlation.as_ref(), true).swap_remove(0));
        cells
    };
    let header = ["Criterion", "Same choice", "AUROC", "Regret", "Gain", "Spearman"];
    Table {
        caption: "What each unsupervised criterion would have selected among the same candidates; bold: the one that selected.".into(),
        header: header.map(str::to_owned).into(),
        texts: 1,
        rows: quality.selectors.iter().map(row).collect(),
        foot: vec![],
    }
}

fn correlations(of: Option<&Correlation>, with_interval: bool) -> Vec<String> {
    let value = |of: &Estimate| match with_interval {
        true => interval(of, 2),
        false => signed(of.value, 2),
    };
    match of {
        Some(of) => vec![value(&of.spearman), value(&of.kendall)],
        None => vec![NONE.into(); 2],
    }
}

fn interval(of: &Estimate, digits: usize) -> String {
    let value = signed(of.value, digits);
    match of.interval {
        Some([low, high]) => format!("{value} [{}, {}]", signed(low, digits), signed(high, digits)),
        None => value,
    }
}

/// A number with a true minus sign.
fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(number) => format!("$-${number}"),
        None => text,
    }
}

fn bold(text: String, is: bool) -> String {
    if is { format!("\\textbf{{{text}}}") } else { text }
}
