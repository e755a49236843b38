//! leaderboard.md: a table of tasks with mean and deviation over seeds, then a row for each seed.

use super::statistics::{mean_sd, mean_sd_deg};
use crate::text;
use augur_core::leaderboard::{Candidate, Leaderboard, TaskResult};
use std::fmt::Write;

/// The leaderboard as Markdown.
pub fn to_markdown(board: &Leaderboard) -> String {
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(out, "# {}\n", escape(&board.sweep.name));
    let _ = writeln!(
        out,
        "For each task and seed the trial with the lowest validation loss ({}), chosen before any label was read.",
        board.criterion.name()
    );
    out += "AUROC and average precision (AP) were computed afterwards.\n\n## Tasks\n\n";
    out += "Mean ± standard deviation over seeds; angles are averaged as directions.\n\n";
    out += "| task | seeds | family | tuned | val_loss | AUROC | AP |\n";
    out += "|:-----|------:|:-------|:------|---------:|------:|---:|\n";
    for results in board.tasks.chunk_by(|a, b| a.task == b.task) {
        out += &task_row(results);
    }
    out += "\n## Seeds\n\n";
    out += "| task | seed | family | initial | tuned | val_loss | AUROC | AP | ranked | kept out |\n";
    out += "|:-----|-----:|:-------|:--------|:------|---------:|------:|---:|-------:|---------:|\n";
    for result in &board.tasks {
        out += &seed_row(result);
    }
    let kept_out: Vec<_> = board
        .tasks
        .iter()
        .filter(|result| !result.excluded.is_empty())
        .collect();
    if !kept_out.is_empty() {
        out += "\n## Kept out\n\n| task | seed | trial | reason |\n|:-----|-----:|:------|:-------|\n";
        for result in kept_out {
            for excluded in &result.excluded {
                let (task, reason) = (escape(&result.task), escape(&excluded.reason));
                let _ = writeln!(out, "| {task} | {} | `{}` | {reason} |", result.seed, excluded.trial);
            }
        }
    }
    out += &provenance(board);
    out
}

fn provenance(board: &Leaderboard) -> String {
    let sweep = &board.sweep;
    format!(
        "\nSweep `{}`, spec SHA-256 `{}`, augur {}, libtorch {}.\n",
        sweep.id, sweep.spec_sha256, sweep.augur, sweep.libtorch
    )
}

/// The results of one task over its seeds.
fn task_row(results: &[TaskResult]) -> String {
    let selected: Vec<&Candidate> = results.iter().filter_map(|result| result.selected.as_ref()).collect();
    let over = |value: fn(&Candidate) -> Option<f64>| selected.iter().filter_map(|c| value(c)).collect::<Vec<_>>();
    let cells = [
        escape(&results[0].task),
        match (selected.len(), results.len()) {
            (chosen, all) if chosen == all => all.to_string(),
            (chosen, all) => format!("{chosen} of {all}"),
        },
        families(&selected),
        tuned(&selected),
        spread(mean_sd(&over(|c| Some(c.val_loss))), 4),
        spread(mean_sd(&over(|c| c.auroc)), 3),
        spread(mean_sd(&over(|c| c.average_precision)), 3),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn seed_row(result: &TaskResult) -> String {
    let cells = match &result.selected {
        Some(c) => [
            c.family.clone(),
            text::hyperparameters(&c.initial),
            text::hyperparameters(&c.tuned),
            text::loss(c.val_loss),
            text::share(c.auroc),
            text::share(c.average_precision),
        ],
        None => ["none", "-", "-", "-", "-", "-"].map(String::from),
    };
    let (ranked, kept_out) = (result.candidates.len(), result.excluded.len());
    format!(
        "| {} | {} | {} | {ranked} | {kept_out} |\n",
        escape(&result.task),
        result.seed,
        cells.join(" | ")
    )
}

/// "rotation", or "2 rotation, 1 cutdiff" where seeds differ.
fn families(selected: &[&Candidate]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for candidate in selected {
        match counts.iter_mut().find(|(family, _)| *family == candidate.family) {
            Some((_, count)) => *count += 1,
            None => counts.push((&candidate.family, 1)),
        }
    }
    match counts.as_slice() {
        [] => "none".into(),
        [(family, _)] => (*family).to_owned(),
        several => several
            .iter()
            .map(|(family, n)| format!("{n} {family}"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// The tuned hyperparameters over seeds; a dash where the seeds chose different families.
fn tuned(selected: &[&Candidate]) -> String {
    let Some(first) = selected.first() else {
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

fn spread(values: Option<(f64, Option<f64>)>, digits: usize) -> String {
    match values {
        None => "-".into(),
        Some((mean, None)) => format!("{mean:.digits$}"),
        Some((mean, Some(sd))) => format!("{mean:.digits$} ± {sd:.digits$}"),
    }
}

/// A text that doesn't end its cell.
fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;

    #[test]
    fn tasks_then_seeds() {
        insta::assert_snapshot!(super::to_markdown(&fixture::leaderboard()));
    }
}
