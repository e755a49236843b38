//! The layout of tables in papers: a row for each task, a column for each method, the average rank at the foot.

use super::{
    comparison::compare,
    rows::{has_variants, rows},
    statistics::mean_sd,
};
use augur_core::{leaderboard::Leaderboard, spec::METHOD};

/// How the table of results is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// A row for each task and variant, with every measure
    #[default]
    Full,
    /// As in papers: rows are tasks, columns are methods, mean (deviation) of AUROC, average rank in the last row, best in bold
    Paper,
}

/// AUROC by task and method.
pub struct Grid<'a> {
    /// The method first, then its variants in the leaderboard's order.
    pub methods: Vec<&'a str>,
    /// The tasks in the leaderboard's order.
    pub tasks: Vec<GridRow<'a>>,
    /// The average rank of each method over the tasks that all of them have; none where there are no such tasks or no
    /// variants.
    pub ranks: Vec<Option<f64>>,
}

/// One task.
pub struct GridRow<'a> {
    /// Its name.
    pub task: &'a str,
    /// One for each method; none without labels or a selected trial.
    pub cells: Vec<Option<GridCell>>,
}

/// The AUROC of what a method selected.
pub struct GridCell {
    /// Over the seeds.
    pub mean: f64,
    /// The same; none of a single seed.
    pub deviation: Option<f64>,
    /// Whether no method has a higher mean on the task.
    pub best: bool,
}

impl GridCell {
    /// "0.913 (0.010)", without the deviation of a single seed.
    pub fn text(&self) -> String {
        match self.deviation {
            Some(deviation) => format!("{:.3} ({deviation:.3})", self.mean),
            None => format!("{:.3}", self.mean),
        }
    }
}

impl<'a> Grid<'a> {
    /// The grid of a leaderboard.
    pub fn of(board: &'a Leaderboard) -> Self {
        let all = rows(board);
        let mut methods = vec![METHOD];
        let mut tasks: Vec<&str> = Vec::new();
        for row in &all {
            if !methods.contains(&row.variant) {
                methods.push(row.variant);
            }
            if tasks.last() != Some(&row.task) {
                tasks.push(row.task);
            }
        }
        let cell = |task: &str, method: &str| {
            let row = all.iter().find(|row| row.task == task && row.variant == method)?;
            let seeds: Vec<f64> = row.selected().iter().filter_map(|c| c.auroc).collect();
            let (mean, deviation) = mean_sd(&seeds)?;
            Some((mean, deviation))
        };
        let row = |task: &'a str| {
            let cells: Vec<_> = methods.iter().map(|method| cell(task, method)).collect();
            let highest = cells
                .iter()
                .flatten()
                .map(|cell| cell.0)
                .fold(f64::NEG_INFINITY, f64::max);
            let finished = cells.into_iter().map(|cell| {
                cell.map(|(mean, deviation)| GridCell {
                    mean,
                    deviation,
                    best: mean == highest,
                })
            });
            GridRow {
                task,
                cells: finished.collect(),
            }
        };
        let tasks = tasks.into_iter().map(row).collect();
        let ranks = match compare(board).filter(|_| has_variants(board)) {
            Some(comparison) => {
                let rank = |method: &&str| {
                    comparison
                        .variants
                        .iter()
                        .find(|variant| variant.name == **method)?
                        .rank
                };
                methods.iter().map(rank).collect()
            }
            None => vec![None; methods.len()],
        };
        Self { methods, tasks, ranks }
    }

    /// Whether there are ranks.
    pub fn is_ranked(&self) -> bool {
        self.ranks.iter().any(Option::is_some)
    }

    /// Whether no method has a lower average rank.
    pub fn is_best_rank(&self, rank: f64) -> bool {
        self.ranks.iter().flatten().all(|other| rank <= *other)
    }
}
