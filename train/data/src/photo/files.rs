//! Which files a folder of images holds.

use super::ImageFault;
use crate::DataError;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Files that systems leave in folders of images.
const LITTER: [&str; 2] = ["Thumbs.db", "desktop.ini"];

/// Every file in `folder` and below it, in the byte order of the paths. Links are followed; hidden files and folders
/// (names that begin with a dot) are left out.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut files = Vec::new();
    for entry in walk(folder, usize::MAX) {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    files.sort_by(|a, b| bytes(a).cmp(bytes(b)));
    Ok(files)
}

/// The names of the folders in `folder` itself, in byte order.
pub(crate) fn folders(folder: &Path) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for entry in walk(folder, 1) {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        if entry.depth() == 1 && entry.file_type().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn walk(folder: &Path, depth: usize) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
    let walk = WalkDir::new(folder).follow_links(true).max_depth(depth);
    walk.into_iter()
        .filter_entry(|entry| entry.depth() == 0 || wanted(entry))
}

fn wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().as_encoded_bytes();
    !name.starts_with(b".") && !LITTER.iter().any(|litter| name == litter.as_bytes())
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

fn unreadable(folder: &Path, error: &walkdir::Error) -> DataError {
    let fault = match (error.io_error(), error.loop_ancestor()) {
        (Some(fault), _) => fault.to_string(),
        (None, Some(ancestor)) => format!("a link leads back to {}", ancestor.display()),
        (None, None) => error.to_string(),
    };
    DataError::Image {
        path: error.path().unwrap_or(folder).into(),
        fault: ImageFault::Unreadable(fault),
    }
}
