//! One coordinator for each SQLite file: a lock on a file beside it.

use super::OpenError;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

/// Takes the lock; it is held as long as the file stays open. It is a file beside the database, since closing a second
/// handle of the database file itself would drop SQLite's own locks.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let store = path.display().to_string();
    let not_writable = |source| OpenError::NotWritable {
        store: store.clone(),
        source,
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let create = |path: &Path| File::options().create(true).truncate(false).write(true).open(path);
    let file = create(&PathBuf::from(beside)).map_err(not_writable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { store }),
        Err(TryLockError::Error(source)) => return Err(not_writable(source)),
    }
    // SQLite would say no more than "unable to open database file".
    create(path).map_err(not_writable)?;
    Ok(file)
}
