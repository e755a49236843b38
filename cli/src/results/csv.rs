//! leaderboard.csv: one row for each candidate, hyperparameters as `initial.NAME` and `tuned.NAME`.

use super::unwritable;
use crate::failure::Failure;
use augur_core::leaderboard::{Candidate, Leaderboard, TaskResult};
use std::collections::BTreeSet;

const COLUMNS: [&str; 15] = [
    "task",
    "seed",
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
    "auroc",
    "average_precision",
    "seconds",
];

/// The leaderboard as CSV. Numbers have as many digits as they need to be read back exactly; what a family doesn't
/// have is empty.
///
/// # Errors
/// None is known.
pub fn to_csv(board: &Leaderboard) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| unwritable("leaderboard.csv", error);
    let candidates = || board.tasks.iter().flat_map(|task| &task.candidates);
    let names: BTreeSet<&String> = candidates()
        .flat_map(|c| c.initial.keys().chain(c.tuned.keys()))
        .collect();

    let mut writer = csv::Writer::from_writer(Vec::new());
    let named = |prefix: &'static str| names.iter().map(move |name| format!("{prefix}.{name}"));
    let header = COLUMNS
        .map(String::from)
        .into_iter()
        .chain(named("initial"))
        .chain(named("tuned"));
    writer.write_record(header).map_err(|error| failed(&error))?;
    for task in &board.tasks {
        for (rank, candidate) in (1..).zip(&task.candidates) {
            let mut row = row(task, rank, candidate);
            for values in [&candidate.initial, &candidate.tuned] {
                row.extend(
                    names
                        .iter()
                        .map(|name| values.get(*name).map_or(String::new(), f64::to_string)),
                );
            }
            writer.write_record(row).map_err(|error| failed(&error))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// The fields of [`COLUMNS`].
fn row(task: &TaskResult, rank: u32, candidate: &Candidate) -> Vec<String> {
    let optional = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let selected = task
        .selected
        .as_ref()
        .is_some_and(|selected| selected.trial == candidate.trial);
    let v = &candidate.validation;
    vec![
        task.task.clone(),
        task.seed.to_string(),
        rank.to_string(),
        selected.to_string(),
        candidate.trial.to_string(),
        candidate.family.clone(),
        candidate.val_loss.to_string(),
        v.mixture_energy.to_string(),
        v.mean_distance.to_string(),
        v.explained.to_string(),
        v.anomaly_share.to_string(),
        v.score_variance.to_string(),
        optional(candidate.auroc),
        optional(candidate.average_precision),
        candidate.seconds.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::fixture;

    #[test]
    fn one_row_a_candidate() {
        insta::assert_snapshot!(super::to_csv(&fixture::leaderboard()).unwrap());
    }
}
