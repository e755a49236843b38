//! What trials leave behind, in a folder of each trial's own: `DIR/{sweep}/{trial}/model.json`, `model.safetensors`,
//! `embeddings.safetensors`; and until they are over their checkpoints, in `checkpoints` there.
//!
//! A trial leaves its detector; once the choice of its group is sealed, the detectors of those that lost are removed. Two
//! sweeps may have the same trial and choose otherwise: each has a folder of its own.

use augur_core::{
    id::{SweepId, TrialId},
    model::{CARD_FILE, TENSORS_FILE},
};
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The folder of a sweep, named `sweeps/{sweep}` or below it (such as by a trial's name), in the artifacts' folder `root`;
/// none for another kind of name.
pub fn of_sweep(root: &Path, name: &str) -> Option<PathBuf> {
    let sweep = name.strip_prefix("sweeps/")?.split('/').next()?;
    // A UUID is no way out of the folder.
    sweep.parse::<SweepId>().ok().map(|sweep| root.join(sweep.to_string()))
}

/// The folder of a trial (its UUID) in that of its sweep.
pub fn of_trial(sweep: &Path, trial: &str) -> PathBuf {
    sweep.join(trial)
}

/// Removes the detectors of trials that were not selected; their embeddings stay. Those that left none, or left it
/// elsewhere, are passed over.
///
/// # Errors
/// A detector that can't be removed.
pub fn discard_models<'a>(sweep: &Path, trials: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    for trial in trials {
        // The card first: without it the tensors are no model.
        for file in [CARD_FILE, TENSORS_FILE] {
            match fs::remove_file(of_trial(sweep, trial).join(file)) {
                Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Removes all that trials left which were stopped early: one may have come to its end before it heard of that.
///
/// # Errors
/// A folder that can't be removed.
pub fn discard_all<'a>(sweep: &Path, trials: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    for trial in trials {
        // A UUID is no way out of the folder.
        if trial.parse::<TrialId>().is_err() {
            continue;
        }
        match fs::remove_dir_all(of_trial(sweep, trial)) {
            Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
    }
    Ok(())
}

/// The folder for the checkpoints of a trial, in the trial's own.
pub fn checkpoints(trial: &Path) -> PathBuf {
    trial.join("checkpoints")
}

/// Removes the checkpoints of a trial, and its folder if nothing else is in it.
///
/// # Errors
/// A folder that can't be removed.
pub fn discard_checkpoints(trial: &Path) -> io::Result<()> {
    match fs::remove_dir_all(checkpoints(trial)) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    // Not empty where the trial has left something.
    let _ = fs::remove_dir(trial);
    Ok(())
}

/// The trials below the artifacts' folder `root` that have checkpoints: the name of each, sweeps/{sweep}/trials/{trial}, and
/// its folder. What can't be read has none.
pub fn unfinished(root: &Path) -> Vec<(String, PathBuf)> {
    let folders = |path: &Path| {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let trials = folders(root).into_iter().flat_map(|sweep| folders(&sweep));
    let trials = trials.filter(|trial| checkpoints(trial).is_dir());
    trials.filter_map(|trial| Some((name_of(&trial)?, trial))).collect()
}

/// The name of the trial whose folder this is.
pub fn name_of(trial: &Path) -> Option<String> {
    let uuid = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(ToOwned::to_owned);
    Some(format!("sweeps/{}/trials/{}", uuid(trial.parent()?)?, uuid(trial)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_detector_of_a_loser_goes() {
        let root = tempfile::tempdir().unwrap();
        for trial in ["winner", "loser"] {
            fs::create_dir(of_trial(root.path(), trial)).unwrap();
            for file in [CARD_FILE, TENSORS_FILE, "embeddings.safetensors"] {
                fs::write(of_trial(root.path(), trial).join(file), "").unwrap();
            }
        }
        discard_models(root.path(), ["loser", "elsewhere"]).unwrap();
        let files = |trial| fs::read_dir(of_trial(root.path(), trial)).unwrap().count();
        assert_eq!((files("winner"), files("loser")), (3, 1));
    }

    #[test]
    fn nothing_of_a_stopped_trial_stays() {
        let root = tempfile::tempdir().unwrap();
        let stopped = TrialId::of("stopped").to_string();
        for trial in [stopped.as_str(), "other"] {
            fs::create_dir(of_trial(root.path(), trial)).unwrap();
            fs::write(of_trial(root.path(), trial).join(CARD_FILE), "").unwrap();
        }
        let never_ran = TrialId::of("never ran").to_string();
        discard_all(root.path(), [stopped.as_str(), &never_ran, "other", ".."]).unwrap();
        assert!(!of_trial(root.path(), &stopped).exists());
        assert!(of_trial(root.path(), "other").exists(), "it has no trial's name");
    }

    #[test]
    fn checkpoints_go_and_what_a_trial_left_stays() {
        let root = tempfile::tempdir().unwrap();
        let sweep = root.path().join("a");
        for trial in ["left-something", "left-nothing"] {
            fs::create_dir_all(checkpoints(&of_trial(&sweep, trial))).unwrap();
            fs::write(checkpoints(&of_trial(&sweep, trial)).join("step"), "").unwrap();
        }
        fs::write(of_trial(&sweep, "left-something").join(CARD_FILE), "").unwrap();
        fs::create_dir_all(of_trial(&sweep, "over")).unwrap();
        let mut found: Vec<_> = unfinished(root.path()).into_iter().map(|(name, _)| name).collect();
        found.sort();
        assert_eq!(
            found,
            ["sweeps/a/trials/left-nothing", "sweeps/a/trials/left-something"]
        );
        for (_, trial) in unfinished(root.path()) {
            discard_checkpoints(&trial).unwrap();
        }
        discard_checkpoints(&of_trial(&sweep, "never ran")).unwrap();
        assert_eq!(unfinished(root.path()), []);
        assert!(of_trial(&sweep, "left-something").join(CARD_FILE).exists());
        assert!(!of_trial(&sweep, "left-nothing").exists());
    }

    #[test]
    fn a_sweeps_folder_is_named_by_its_uuid_alone() {
        let root = Path::new("kept");
        let uuid = "a7c17ea9-94e0-558c-b4e8-4a3757a080a4";
        let folder = of_sweep(root, &format!("sweeps/{uuid}/trials/b"));
        assert_eq!(folder, Some(root.join(uuid)));
        assert_eq!(of_sweep(root, "sweeps/../trials/b"), None);
        assert_eq!(of_sweep(root, "workers/b"), None);
    }
}
