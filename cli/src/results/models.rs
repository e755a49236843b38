//! The detectors that won, under names for people: `models/{task}-seed-{seed}[-{variant}]` of the run's folder.

use crate::{failure::Failure, folder::replace};
use augur_core::{
    leaderboard::{Leaderboard, TaskResult},
    model::{CARD_FILE, TENSORS_FILE},
    spec::METHOD,
};
use std::{fs, path::Path};

/// The folder where trials leave their detectors, in the folder of a run.
pub const ARTIFACTS: &str = "artifacts";
/// The folder of the detectors that won.
const MODELS: &str = "models";

/// Copies each selected trial's detector, where it left one; the number of them.
///
/// # Errors
/// A file that can't be written.
pub fn keep(folder: &Path, board: &Leaderboard) -> Result<usize, Failure> {
    let mut kept = 0;
    for result in &board.tasks {
        let Some(selected) = &result.selected else { continue };
        let source = folder.join(ARTIFACTS).join(selected.trial.to_string());
        if !source.join(CARD_FILE).is_file() {
            continue;
        }
        let target = folder.join(MODELS).join(name(result));
        fs::create_dir_all(&target).map_err(|fault| Failure::cannot_write(&target, &fault))?;
        // The card last: a folder with a card is whole.
        for file in [TENSORS_FILE, CARD_FILE] {
            let bytes = fs::read(source.join(file)).map_err(|fault| Failure::cannot_write(&target, &fault))?;
            replace(&target.join(file), &bytes)?;
        }
        kept += 1;
    }
    Ok(kept)
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
