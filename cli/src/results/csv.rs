//! leaderboard.csv: one row for each candidate, hyperparameters as `initial.NAME` and `tuned.NAME`.

use super::{
    measures::{Measure, shown},
    unwritable,
};
use crate::failure::Failure;
use augur_core::{
    leaderboard::{Candidate, Leaderboard, TaskResult},
    outcome::{Hyperparameters, Validation},
};
use std::collections::BTreeSet;

/// The columns before the measures, as [`row`] fills them.
const COLUMNS: [&str; 13] = [
    "task",
    "seed",
    "variant",
    "rank",
    "selected",
    "trial",
    "family",
    "val_loss",
    "mixture_energy",
    "mean_distance",
    "explained",
    "anomaly_share",
    "score_variance",
];

/// The leaderboard as CSV. Numbers have as many digits as they need to be read back exactly; what a family or a
/// baseline doesn't have is empty.
///
/// # Errors
/// None is known.
pub fn to_csv(board: &Leaderboard) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| unwritable("leaderboard.csv", error);
    let measures = shown(board);
    let candidates = || board.tasks.iter().flat_map(|task| &task.candidates);
    let names: BTreeSet<&String> = candidates()
        .flat_map(|c| c.initial.keys().chain(c.tuned.keys()))
        .collect();
    let has_intervals = candidates().any(|c| measures.iter().any(|measure| (measure.interval)(c).is_some()));

    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = COLUMNS.map(String::from).to_vec();
    header.extend(measures.iter().flat_map(|measure| headings(measure, has_intervals)));
    header.push("seconds".into());
    let has_reused = candidates().any(|c| c.reused_from.is_some());
    header.extend(has_reused.then(|| "reused_from".into()));
    for prefix in ["initial", "tuned"] {
        header.extend(names.iter().map(|name| format!("{prefix}.{name}")));
    }
    writer.write_record(header).map_err(|error| failed(&error))?;
    for task in &board.tasks {
        for (rank, candidate) in (1..).zip(&task.candidates) {
            let mut row = row(task, rank, candidate);
            row.extend(
                measures
                    .iter()
                    .flat_map(|measure| cells(measure, candidate, has_intervals)),
            );
            row.push(candidate.seconds.to_string());
            row.extend(has_reused.then(|| candidate.reused_from.clone().unwrap_or_default()));
            let value = |values: &Hyperparameters, name: &String| optional(values.get(name).copied());
            row.extend(names.iter().map(|name| value(&candidate.initial, name)));
            row.extend(names.iter().map(|name| value(&candidate.tuned, name)));
            writer.write_record(row).map_err(|error| failed(&error))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// The fields of [`COLUMNS`].
fn row(task: &TaskResult, rank: u32, candidate: &Candidate) -> Vec<String> {
    let selected = task
        .selected
        .as_ref()
        .is_some_and(|selected| selected.trial == candidate.trial);
    let validation = |value: fn(&Validation) -> f64| optional(candidate.validation.as_ref().map(value));
    vec![
        task.task.clone(),
        task.seed.to_string(),
        task.variant.clone(),
        rank.to_string(),
        selected.to_string(),
        candidate.trial.to_string(),
        candidate.family.clone(),
        optional(candidate.val_loss),
        validation(|v| v.mixture_energy),
        validation(|v| v.mean_distance),
        validation(|v| v.explained),
        validation(|v| v.anomaly_share),
        validation(|v| v.score_variance),
    ]
}

/// The columns of a measure, with the two ends of its interval.
fn headings(measure: &Measure, has_intervals: bool) -> Vec<String> {
    let key = measure.key;
    let ends = ["low", "high"].map(|end| format!("{key}_{end}"));
    let ends = ends.into_iter().take(if has_intervals { 2 } else { 0 });
    std::iter::once(key.to_owned()).chain(ends).collect()
}

fn cells(measure: &Measure, candidate: &Candidate, has_intervals: bool) -> Vec<String> {
    let mut cells = vec![optional((measure.value)(candidate))];
    if has_intervals {
        let interval = (measure.interval)(candidate);
        cells.extend([0, 1].map(|end| optional(interval.map(|interval| interval[end]))));
    }
    cells
}

fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::fixture;

    #[test]
    fn one_row_a_candidate() {
        insta::assert_snapshot!(super::to_csv(&fixture::leaderboard()).unwrap());
    }

    #[test]
    fn variants_have_their_rows() {
        insta::assert_snapshot!(super::to_csv(&fixture::with_variants()).unwrap());
    }
}
