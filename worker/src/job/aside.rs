//! The embeddings of a sealed choice, put aside while its trial is trained once more: only the same scores may replace them.

use augur_core::model::{CARD_FILE, EMBEDDINGS_FILE, TENSORS_FILE};
use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

/// Their second name meanwhile, in the trial's folder.
const ASIDE: &str = "embeddings.sealed";

/// Whether some are: an attempt was ended before it had compared its scores.
pub(super) fn is_there(folder: &Path) -> bool {
    folder.join(ASIDE).exists()
}

/// Gives the embeddings of a trial a second name, if they are here.
pub(super) fn put(folder: &Path) -> io::Result<()> {
    let (from, to) = (folder.join(EMBEDDINGS_FILE), folder.join(ASIDE));
    match fs::hard_link(&from, &to) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(()),
        // Not every file system has such names.
        Err(_) => copy(&from, &to),
        Ok(()) => Ok(()),
    }
}

/// The trial's folder as it was, without the detector that came of it: one whose embeddings were not here has none.
pub(super) fn bring_back(folder: &Path) -> io::Result<()> {
    // The card first: without it the tensors are no model.
    for file in [CARD_FILE, TENSORS_FILE] {
        remove(&folder.join(file))?;
    }
    let embeddings = folder.join(EMBEDDINGS_FILE);
    match fs::rename(folder.join(ASIDE), &embeddings) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => remove(&embeddings),
        Err(fault) => Err(fault),
        // Two names of one file: renaming leaves both.
        Ok(()) => remove(&folder.join(ASIDE)),
    }
}

/// The new ones are the same.
pub(super) fn let_go(folder: &Path) -> io::Result<()> {
    remove(&folder.join(ASIDE))
}

/// Whole or not there, for what is there counts.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let partial = to.with_extension("partial");
    fs::copy(from, &partial)?;
    fs::rename(&partial, to)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => Err(fault),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;
    use std::path::PathBuf;

    struct Trial(tempfile::TempDir);

    impl Trial {
        fn sealed() -> Self {
            let trial = Self(tempfile::tempdir().unwrap());
            fs::write(trial.file(EMBEDDINGS_FILE), "sealed").unwrap();
            trial
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// As a slot leaves its files: replaced whole.
        fn is_trained_once_more(&self) {
            for file in [TENSORS_FILE, CARD_FILE, EMBEDDINGS_FILE] {
                fs::write(self.file("partial"), "new").unwrap();
                fs::rename(self.file("partial"), self.file(file)).unwrap();
            }
        }

        fn files(&self) -> Vec<(String, String)> {
            let entries = fs::read_dir(self.0.path()).unwrap().flatten();
            let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
            let mut files: Vec<_> = entries
                .map(|entry| (name(&entry.path()), fs::read_to_string(entry.path()).unwrap()))
                .collect();
            files.sort();
            files
        }
    }

    fn only_embeddings(text: &str) -> Vec<(String, String)> {
        vec![(EMBEDDINGS_FILE.to_owned(), text.to_owned())]
    }

    #[test]
    fn other_scores_leave_the_folder_as_it_was() {
        let trial = Trial::sealed();
        put(trial.0.path()).unwrap();
        trial.is_trained_once_more();
        bring_back(trial.0.path()).unwrap();
        assert_eq!(trial.files(), only_embeddings("sealed"));
        // One that failed before it left anything.
        put(trial.0.path()).unwrap();
        bring_back(trial.0.path()).unwrap();
        assert_eq!(trial.files(), only_embeddings("sealed"));
    }

    #[test]
    fn an_attempt_that_was_ended_is_undone_by_the_next() {
        let trial = Trial::sealed();
        put(trial.0.path()).unwrap();
        trial.is_trained_once_more();
        assert!(is_there(trial.0.path()));
        bring_back(trial.0.path()).unwrap();
        assert!(!is_there(trial.0.path()));
        put(trial.0.path()).unwrap();
        trial.is_trained_once_more();
        bring_back(trial.0.path()).unwrap();
        assert_eq!(trial.files(), only_embeddings("sealed"));
    }

    #[test]
    fn the_same_scores_leave_what_is_new() {
        let trial = Trial::sealed();
        put(trial.0.path()).unwrap();
        trial.is_trained_once_more();
        let_go(trial.0.path()).unwrap();
        assert_eq!(fs::read_to_string(trial.file(EMBEDDINGS_FILE)).unwrap(), "new");
        assert_eq!(trial.files().len(), 3);
    }

    #[test]
    fn without_embeddings_there_is_nothing_to_bring_back() {
        let trial = Trial::sealed();
        fs::remove_file(trial.file(EMBEDDINGS_FILE)).unwrap();
        put(trial.0.path()).unwrap();
        trial.is_trained_once_more();
        bring_back(trial.0.path()).unwrap();
        assert_eq!(trial.files(), []);
    }
}
