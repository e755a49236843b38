//! From a folder beside the target into the target, whole files only: whoever reads meanwhile sees no half of one.

use crate::DataError;
use std::{fs, io, path::Path};
use tempfile::TempDir;

/// A fresh folder beside `target`, on the same file system, gone when dropped.
pub(super) fn staging(target: &Path) -> Result<TempDir, DataError> {
    let parent = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(unwritable(parent))?;
    tempfile::Builder::new()
        .prefix(".augur-fetch-")
        .tempdir_in(parent)
        .map_err(unwritable(parent))
}

/// Moves these files into `target`, which need not exist. Other files that are there stay.
pub(super) fn settle(from: &Path, target: &Path, files: &[&str]) -> Result<(), DataError> {
    for name in files {
        let to = target.join(name);
        let folder = to.parent().unwrap_or(target);
        fs::create_dir_all(folder).map_err(unwritable(folder))?;
        fs::rename(from.join(name), &to).map_err(unwritable(&to))?;
    }
    Ok(())
}

/// The fault in the system's words; tempfile adds a path of its own, which says less than ours.
fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> DataError + use<> {
    let path = path.to_path_buf();
    move |fault| DataError::Unwritable {
        path,
        fault: fault.kind().to_string(),
    }
}
