//! The detectors that won, under names for people: `models/{task}-seed-{seed}[-{variant}]` of the run's folder. There alone:
//! what trials left of detectors in `artifacts` is removed then, those that were kept out of the choice included, unless
//! other runs may reuse them.

use crate::{folder::replace, text};
use augur_core::{
    leaderboard::{Leaderboard, TaskResult},
    model::{CARD_FILE, TENSORS_FILE},
    spec::METHOD,
};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// The folder where trials leave their detectors, in the folder of a run.
pub const ARTIFACTS: &str = "artifacts";
/// The folder of the detectors that won.
const MODELS: &str = "models";

/// Where trials left their detectors and embeddings.
#[derive(Clone, Debug)]
pub struct Artifacts {
    /// The folder, with one of each sweep in it.
    pub root: PathBuf,
    /// Whether other runs have theirs there too, and may reuse what is in it.
    pub shared: bool,
}

/// Keeps the detector of each selected trial that has one, and no other; the names of those that can't be had.
pub fn keep(folder: &Path, artifacts: &Artifacts, board: &Leaderboard) -> Vec<String> {
    let kept = artifacts.root.join(board.sweep.id.to_string());
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
        let (source, target) = (kept.join(selected.trial.to_string()), folder.join(MODELS).join(&name));
        if !is_of(&target, &selected.trial.to_string()) && copy(&source, &target).is_err() {
            missing.push(name);
        }
    }
    if missing.is_empty() && !artifacts.shared {
        // Whatever stays takes room and does no harm.
        let _ = discard(&kept);
    }
    missing
}

/// Whether a folder holds the detector of a trial already.
fn is_of(target: &Path, trial: &str) -> bool {
    let card = fs::read(target.join(CARD_FILE)).unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(&card).is_ok_and(|card| card["trial"] == trial)
}

/// Removes the detectors below a sweep's artifacts; embeddings stay.
fn discard(kept: &Path) -> io::Result<()> {
    for trial in fs::read_dir(kept)? {
        let trial = trial?.path();
        for file in [CARD_FILE, TENSORS_FILE] {
            match fs::remove_file(trial.join(file)) {
                Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
                _ => {}
            }
        }
    }
    Ok(())
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
    let task = text::file_name(&result.task);
    match result.variant.as_str() {
        METHOD => format!("{task}-seed-{}", result.seed),
        variant => format!("{task}-seed-{}-{variant}", result.seed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixture;
    use augur_core::model::EMBEDDINGS_FILE;

    fn own(run: &Path) -> Artifacts {
        Artifacts {
            root: run.join(ARTIFACTS),
            shared: false,
        }
    }

    #[test]
    fn each_winner_gets_its_folder_and_the_missing_are_named() {
        let run = tempfile::tempdir().unwrap();
        let board = fixture::leaderboard();
        let winner = board.tasks[0].selected.as_ref().unwrap();
        let kept = run.path().join(ARTIFACTS).join(board.sweep.id.to_string());
        let source = kept.join(winner.trial.to_string());
        fs::create_dir_all(&source).unwrap();
        for file in [CARD_FILE, TENSORS_FILE] {
            fs::write(source.join(file), format!("{{\"trial\": \"{}\"}}", winner.trial)).unwrap();
        }
        let selected = board.tasks.iter().filter(|task| task.selected.is_some()).count();
        let missing = keep(run.path(), &own(run.path()), &board);
        assert!(missing.len() < selected, "{missing:?}");
        let folder = run.path().join(MODELS).join(name(&board.tasks[0]));
        assert!(is_of(&folder, &winner.trial.to_string()) && folder.join(TENSORS_FILE).exists());
        assert!(
            source.join(CARD_FILE).exists(),
            "others are missing: nothing is removed"
        );
        assert!(
            missing
                .iter()
                .all(|name| !run.path().join(MODELS).join(name).join(CARD_FILE).exists())
        );
    }
    #[test]
    fn once_all_are_kept_the_copies_go_and_a_second_time_changes_nothing() {
        let run = tempfile::tempdir().unwrap();
        let mut board = fixture::leaderboard();
        board.tasks.truncate(1);
        let winner = board.tasks[0].selected.as_ref().unwrap().trial.to_string();
        let kept = run.path().join(ARTIFACTS).join(board.sweep.id.to_string());
        for trial in [winner.as_str(), "kept-out"] {
            fs::create_dir_all(kept.join(trial)).unwrap();
            for file in [CARD_FILE, TENSORS_FILE, EMBEDDINGS_FILE] {
                fs::write(kept.join(trial).join(file), format!("{{\"trial\": \"{trial}\"}}")).unwrap();
            }
        }
        for _ in 0..2 {
            assert_eq!(keep(run.path(), &own(run.path()), &board), [""; 0]);
            assert!(is_of(&run.path().join(MODELS).join(name(&board.tasks[0])), &winner));
            for trial in [winner.as_str(), "kept-out"] {
                let files = fs::read_dir(kept.join(trial)).unwrap();
                let left: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
                assert_eq!(left, [EMBEDDINGS_FILE]);
            }
        }
    }
}
