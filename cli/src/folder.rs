//! The folder of a run: one process at a time, files replaced whole.

use crate::{
    failure::{Exit, Failure},
    results::{ARTIFACTS, Artifacts},
};
use std::{
    fs::{self, File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

/// A folder that this process alone writes, until it ends.
pub struct RunFolder {
    /// The folder.
    pub path: PathBuf,
    /// A store that other folders use too.
    shared: Option<PathBuf>,
    /// The system gives the lock back when the process ends, however it ends.
    _lock: File,
}

impl RunFolder {
    /// Creates the folder where it isn't, and takes it. The store is the folder's own, or `shared` with others.
    pub fn take(path: &Path, shared: Option<&Path>) -> Result<Self, Failure> {
        let logs = path.join("logs");
        fs::create_dir_all(&logs).map_err(|error| Failure::cannot_write(path, &error))?;
        let lock_path = path.join("augur.lock");
        let lock = File::create(&lock_path).map_err(|error| Failure::cannot_write(&lock_path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                shared: shared.map(Path::to_owned),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Failure::new(
                Exit::InUse,
                format!(
                    "{} is in use by another `augur run`; wait for it to end, or choose another folder with --out",
                    path.display()
                ),
            )),
            Err(TryLockError::Error(error)) => Err(Failure::cannot_write(&lock_path, &error)),
        }
    }

    /// Where the children log.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// The coordinator's store.
    pub fn store(&self) -> PathBuf {
        match &self.shared {
            Some(store) => store.clone(),
            None => self.path.join("augur.sqlite"),
        }
    }

    /// Where trials leave their detectors and embeddings: beside the store, which knows them.
    pub fn artifacts(&self) -> Artifacts {
        Artifacts {
            root: self.store().with_file_name(ARTIFACTS),
            shared: self.shared.is_some(),
        }
    }
}

/// Replaces a file whole: whoever reads it sees the old content or the new one.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut builder = tempfile::Builder::new();
        // A temporary file is for its owner only; results are for everybody whom the umask allows.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error: std::io::Error| Failure::cannot_write(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("run");
        let first = RunFolder::take(&path, None).unwrap();
        assert_eq!(RunFolder::take(&path, None).err().unwrap().exit, Exit::InUse);
        drop(first);
        assert!(RunFolder::take(&path, None).is_ok());
    }

    #[test]
    fn replacing_leaves_nothing_else_behind() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("leaderboard.md");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
