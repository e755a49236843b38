//! The detectors that won, under names for people: `models/{task}-seed-{seed}[-{variant}]` of the run's folder.

use crate::folder::replace;
use augur_core::{
    leaderboard::{Leaderboard, TaskResult},
    model::{CARD_FILE, TENSORS_FILE},
    spec::METHOD,
};
use std::{collections::BTreeSet, fs, io, path::Path};

/// The folder where trials leave their detectors, in the folder of a run.
pub const ARTIFACTS: &str = "artifacts";
/// The folder of the detectors that won.
const MODELS: &str = "models";

/// Copies the detector of each selected trial that has one; the names of those that can't be had.
pub fn keep(folder: &Path, board: &Leaderboard) -> Vec<String> {
    let kept = folder.join(ARTIFACTS).join(board.sweep.id.to_string());
    let mut names = BTreeSet::new();
    let mut missing = Vec::new();
    for result in &board.tasks {
        // A baseline leaves no detector.
        let Some(selected) = result
            .selected
            .as_ref()
            .filter(|selected| selected.validation.is_some())
        else {
            continue;
        };
        let mut name = name(result);
        if !names.insert(name.to_lowercase()) {
            // Another task's name differs from this one's in what file systems don't tell apart.
            name = format!("{name}-{}", selected.trial);
        }
        let copied = copy(&kept.join(selected.trial.to_string()), &folder.join(MODELS).join(&name));
        if copied.is_err() {
            missing.push(name);
        }
    }
    missing
}

/// The card comes last: a folder with a card is whole.
fn copy(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for file in [TENSORS_FILE, CARD_FILE] {
        let bytes = fs::read(source.join(file))?;
        replace(&target.join(file), &bytes).map_err(|failure| io::Error::other(failure.to_string()))?;
    }
    Ok(())
}

/// A result as the name of a folder: what file systems may not like in a task's name becomes a hyphen.
fn name(result: &TaskResult) -> String {
    let tame = |c: char| {
        if c.is_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let task: String = result.task.chars().map(tame).collect();
    let task = task.trim_start_matches('.');
    match result.variant.as_str() {
        METHOD => format!("{task}-seed-{}", result.seed),
        variant => format!("{task}-seed-{}-{variant}", result.seed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixture;

    #[test]
    fn each_winner_gets_its_folder_and_the_missing_are_named() {
        let run = tempfile::tempdir().unwrap();
        let board = fixture::leaderboard();
        let winner = board.tasks[0].selected.as_ref().unwrap();
        let kept = run.path().join(ARTIFACTS).join(board.sweep.id.to_string());
        let source = kept.join(winner.trial.to_string());
        fs::create_dir_all(&source).unwrap();
        for file in [CARD_FILE, TENSORS_FILE] {
            fs::write(source.join(file), file).unwrap();
        }
        let selected = board.tasks.iter().filter(|task| task.selected.is_some()).count();
        let missing = keep(run.path(), &board);
        assert!(missing.len() < selected, "{missing:?}");
        let folder = run.path().join(MODELS).join(name(&board.tasks[0]));
        assert_eq!(fs::read_to_string(folder.join(CARD_FILE)).unwrap(), CARD_FILE);
        assert!(
            missing
                .iter()
                .all(|name| !run.path().join(MODELS).join(name).join(CARD_FILE).exists())
        );
    }
}
