//! From a folder beside the target into the target, whole files only: whoever reads meanwhile sees no half of one.

use super::verify::FILES;
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

/// Moves the files into `target`, which need not exist. Other files that are there stay.
pub(super) fn settle(staging: &TempDir, target: &Path) -> Result<(), DataError> {
    fs::create_dir_all(target).map_err(unwritable(target))?;
    for (name, _) in FILES {
        let (from, to) = (
            staging.path().join(format!("{name}.gz")),
            target.join(format!("{name}.gz")),
        );
        fs::rename(from, &to).map_err(unwritable(&to))?;
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
