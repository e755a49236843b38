//! What trials leave behind, in a folder of each trial's own: `DIR/{trial}/model.json`, `model.safetensors`,
//! `embeddings.safetensors`.
//!
//! A trial leaves its detector; once the choice of its group is sealed, the detectors of those that lost are removed.

use augur_core::model::{CARD_FILE, TENSORS_FILE};
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The folder of a trial called `trial` (its UUID) in the artifacts' folder `root`.
pub fn folder(root: &Path, trial: &str) -> PathBuf {
    root.join(trial)
}

/// Removes the detectors of trials that were not selected; their embeddings stay. Those that left none, or left it
/// elsewhere, are passed over.
///
/// # Errors
/// A detector that can't be removed.
pub fn discard_models<'a>(root: &Path, trials: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    for trial in trials {
        // The card first: without it the tensors are no model.
        for file in [CARD_FILE, TENSORS_FILE] {
            match fs::remove_file(folder(root, trial).join(file)) {
                Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_detector_of_a_loser_goes() {
        let root = tempfile::tempdir().unwrap();
        for trial in ["winner", "loser"] {
            fs::create_dir(folder(root.path(), trial)).unwrap();
            for file in [CARD_FILE, TENSORS_FILE, "embeddings.safetensors"] {
                fs::write(folder(root.path(), trial).join(file), "").unwrap();
            }
        }
        discard_models(root.path(), ["loser", "elsewhere"]).unwrap();
        let files = |trial| fs::read_dir(folder(root.path(), trial)).unwrap().count();
        assert_eq!((files("winner"), files("loser")), (3, 1));
    }
}
