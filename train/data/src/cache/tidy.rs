//! What a cache's folder is rid of: what dead processes left, and the entries that were used least recently where they
//! are too many.

use super::store::{ENTRY, LOCK, TEMPORARY};
use std::{
    fs::{self, DirEntry, File},
    path::Path,
    time::{Duration, SystemTime},
};

/// What a killed process was writing is removed by later ones, once nobody can be at it any more.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what dead processes left, and so many of the entries, those first that were used longest ago, that the
/// others have `room_bytes` at most.
pub(super) fn tidy(folder: &Path, room_bytes: u64) {
    let Ok(files) = fs::read_dir(folder) else { return };
    let mut entries = Vec::new();
    for file in files.flatten() {
        let name = file.file_name();
        let (name, path) = (name.as_encoded_bytes(), file.path());
        // Another process may be quicker to remove any of them.
        if name.ends_with(ENTRY.as_bytes()) {
            entries.extend(used(&file).map(|time| (time, file.metadata().map_or(0, |about| about.len()), path)));
        } else if name.ends_with(LOCK.as_bytes()) && is_free(&path)
            || name.starts_with(TEMPORARY.as_bytes()) && is_old(&file)
        {
            let _ = fs::remove_file(path);
        }
    }
    entries.sort_unstable();
    let mut bytes: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, size, path) in entries {
        if bytes <= room_bytes {
            break;
        }
        bytes -= size;
        // Who has mapped it keeps it.
        let _ = fs::remove_file(path);
    }
}

/// When a file was last written, or an entry last found.
fn used(file: &DirEntry) -> Option<SystemTime> {
    file.metadata().and_then(|about| about.modified()).ok()
}

fn is_old(file: &DirEntry) -> bool {
    let age = used(file).and_then(|written| SystemTime::now().duration_since(written).ok());
    age > Some(STALE)
}

/// Whether no process holds the lock. One that takes it before its name is gone builds beside the next: time, no harm.
fn is_free(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}
