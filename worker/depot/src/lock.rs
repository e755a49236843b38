//! Locks of files, which processes and the tasks of one process respect alike. They end with their process.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

/// For its holder alone; none where somebody has it.
pub(crate) fn exclusive(path: &Path) -> io::Result<Option<File>> {
    held(path, File::try_lock)
}

/// For everybody who only reads; none where somebody has it alone.
pub(crate) fn shared(path: &Path) -> io::Result<Option<File>> {
    held(path, File::try_lock_shared)
}

fn held(path: &Path, lock: impl Fn(&File) -> Result<(), TryLockError>) -> io::Result<Option<File>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .read(true)
        .open(path)?;
    match lock(&file) {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(fault)) => Err(fault),
    }
}
