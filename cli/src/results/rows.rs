//! The results of each variant of each task, taken together over seeds.

use super::statistics::{mean_sd, mean_sd_deg};
use augur_core::{
    leaderboard::{Candidate, Leaderboard, TaskResult},
    spec::METHOD,
};

/// One variant of one task, over its seeds.
pub struct Row<'a> {
    /// The task.
    pub task: &'a str,
    /// The variant.
    pub variant: &'a str,
    /// One for each seed, at least one.
    pub results: Vec<&'a TaskResult>,
}

/// Whether there is anything beside the method; if not, tables don't speak of variants.
pub fn has_variants(board: &Leaderboard) -> bool {
    board.tasks.iter().any(|result| result.variant != METHOD)
}

/// A row for each (task, variant), in the order of the leaderboard: tasks, the method first, its variants.
pub fn rows(board: &Leaderboard) -> Vec<Row<'_>> {
    let mut all: Vec<Row> = Vec::new();
    for results in board.tasks.chunk_by(|a, b| a.task == b.task) {
        let mut rows: Vec<Row> = Vec::new();
        for result in results {
            match rows.iter_mut().find(|row| row.variant == result.variant) {
                Some(row) => row.results.push(result),
                None => rows.push(Row {
                    task: &result.task,
                    variant: &result.variant,
                    results: vec![result],
                }),
            }
        }
        all.append(&mut rows);
    }
    all
}

impl<'a> Row<'a> {
    /// The selected trial of each seed that has one.
    pub fn selected(&self) -> Vec<&'a Candidate> {
        self.results
            .iter()
            .filter_map(|result| result.selected.as_ref())
            .collect()
    }

    /// "3", or "2 of 3" where a seed has nothing selected.
    pub fn seeds(&self) -> String {
        match (self.selected().len(), self.results.len()) {
            (chosen, all) if chosen == all => all.to_string(),
            (chosen, all) => format!("{chosen} of {all}"),
        }
    }

    /// "rotation", or "2 rotation, 1 cutdiff" where seeds differ.
    pub fn families(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for candidate in self.selected() {
            match counts.iter_mut().find(|(family, _)| *family == candidate.family) {
                Some((_, count)) => *count += 1,
                None => counts.push((&candidate.family, 1)),
            }
        }
        match counts.as_slice() {
            [] => "none".into(),
            [(family, _)] => (*family).to_owned(),
            several => {
                let each: Vec<_> = several.iter().map(|(family, n)| format!("{n} {family}")).collect();
                each.join(", ")
            }
        }
    }

    /// The tuned hyperparameters over seeds; a dash where there are none, or seeds chose different families.
    pub fn tuned(&self) -> String {
        let selected = self.selected();
        let Some(first) = selected.first().filter(|first| !first.tuned.is_empty()) else {
            return "-".into();
        };
        if selected.iter().any(|c| c.family != first.family) {
            return "-".into();
        }
        let describe = |name: &String| {
            let values: Vec<f64> = selected.iter().filter_map(|c| c.tuned.get(name).copied()).collect();
            match name.ends_with("_deg") {
                true => format!("{name} {}", spread(mean_sd_deg(&values), 1)),
                false => format!("{name} {}", spread(mean_sd(&values), 3)),
            }
        };
        first.tuned.keys().map(describe).collect::<Vec<_>>().join(", ")
    }

    /// Mean and deviation over seeds of the selected trials' losses under the criterion; none of a baseline.
    pub fn val_loss(&self) -> Option<(f64, Option<f64>)> {
        let losses: Vec<f64> = self.selected().iter().filter_map(|c| c.val_loss).collect();
        mean_sd(&losses)
    }
}

/// Mean and deviation, such as "0.913 ± 0.010"; a dash for nothing.
pub fn spread(values: Option<(f64, Option<f64>)>, digits: usize) -> String {
    match values {
        None => "-".into(),
        Some((mean, None)) => format!("{mean:.digits$}"),
        Some((mean, Some(sd))) => format!("{mean:.digits$} ± {sd:.digits$}"),
    }
}
