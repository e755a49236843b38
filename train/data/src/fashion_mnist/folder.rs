//! Where Fashion-MNIST's files lie.

use super::{KEY, NAME};
use crate::DataError;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Where a system's package puts the data set.
const SYSTEM: &str = "/usr/share/datasets/fashion-mnist";

/// The folder that fetching fills: `$AUGUR_DATA/fashion-mnist`, without that variable `.data/fashion-mnist`.
pub(crate) fn home(base: &Path) -> PathBuf {
    own(base, std::env::var_os("AUGUR_DATA")).remove(0)
}

fn own(base: &Path, augur_data: Option<OsString>) -> Vec<PathBuf> {
    let named = augur_data
        .filter(|folder| !folder.is_empty())
        .map(|folder| base.join(folder).join(NAME));
    named.into_iter().chain([base.join(".data").join(NAME)]).collect()
}

/// The folder of the data set: `root`, or the first that exists of the places where it is looked for.
/// Relative paths start at `base`.
pub(crate) fn locate(root: Option<&str>, base: &Path) -> Result<PathBuf, DataError> {
    find(root, base, std::env::var_os("AUGUR_DATA"))
}

fn find(root: Option<&str>, base: &Path, augur_data: Option<OsString>) -> Result<PathBuf, DataError> {
    let looked = match root {
        Some(root) => vec![base.join(root)],
        None => own(base, augur_data).into_iter().chain([SYSTEM.into()]).collect(),
    };
    let found = looked.iter().find(|folder| folder.is_dir()).cloned();
    found.ok_or(DataError::NoFolder {
        data_set: NAME,
        key: KEY,
        looked,
    })
}

/// A file of the data set, gz (the usual, and what fetching mends) or plain.
pub(crate) fn file(folder: &Path, name: &'static str) -> Result<PathBuf, DataError> {
    let candidates = [folder.join(format!("{name}.gz")), folder.join(name)];
    let found = candidates.into_iter().find(|path| path.exists());
    found.ok_or_else(|| DataError::NoFile {
        folder: folder.into(),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_first_folder_that_exists() {
        let base = tempfile::TempDir::new().unwrap();
        let found = |root, augur_data: Option<&str>| find(root, base.path(), augur_data.map(Into::into)).ok();
        let (hidden, named) = (
            base.path().join(".data/fashion-mnist"),
            base.path().join("sets/fashion-mnist"),
        );
        fs::create_dir_all(&hidden).unwrap();
        assert_eq!(
            found(None, Some("sets")),
            Some(hidden.clone()),
            "the named one isn't there yet"
        );
        fs::create_dir_all(&named).unwrap();
        assert_eq!(found(None, Some("sets")), Some(named.clone()));
        assert_eq!(found(None, Some("")), Some(hidden.clone()));
        assert_eq!(found(None, None), Some(hidden));
        assert_eq!(found(Some("sets/fashion-mnist"), None), Some(named));
        assert_eq!(
            found(Some("elsewhere"), Some("sets")),
            None,
            "a root that is given is the only one"
        );
    }

    #[test]
    fn gz_comes_first() {
        let folder = tempfile::TempDir::new().unwrap();
        let name = "train-labels-idx1-ubyte";
        assert!(matches!(file(folder.path(), name), Err(DataError::NoFile { .. })));
        fs::write(folder.path().join(name), "").unwrap();
        assert_eq!(file(folder.path(), name), Ok(folder.path().join(name)));
        let gz = folder.path().join("train-labels-idx1-ubyte.gz");
        fs::write(&gz, "").unwrap();
        assert_eq!(file(folder.path(), name), Ok(gz));
    }
}
