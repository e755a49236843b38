//! Where the data sets lie, what they are called in commands, and what to do where they aren't.

use crate::DataError;
use augur_core::spec::DataSpec;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Name of Fashion-MNIST in commands.
pub(crate) const FASHION_MNIST: &str = "fashion-mnist";
/// Where a system's package puts Fashion-MNIST.
const SYSTEM: &str = "/usr/share/datasets/fashion-mnist";

/// A data set's name in commands, and of its folder in `.data`.
pub(crate) fn name(data: &DataSpec) -> &'static str {
    match data {
        DataSpec::FashionMnist(_) => FASHION_MNIST,
        DataSpec::MvtecAd(_) => "mvtec-ad",
        data => data.key(),
    }
}

/// The folder that fetching fills: `$AUGUR_DATA/NAME`, without that variable `.data/NAME`.
pub(crate) fn home(name: &str, base: &Path) -> PathBuf {
    own(name, base, std::env::var_os("AUGUR_DATA")).remove(0)
}

fn own(name: &str, base: &Path, augur_data: Option<OsString>) -> Vec<PathBuf> {
    let named = augur_data
        .filter(|folder| !folder.is_empty())
        .map(|folder| base.join(folder).join(name));
    named.into_iter().chain([base.join(".data").join(name)]).collect()
}

/// The folder of the data set: its `root`, or the first that exists of the places where it is looked for.
/// Relative paths start at `base`.
pub(crate) fn locate(data: &DataSpec, base: &Path) -> Result<PathBuf, DataError> {
    find(data, base, std::env::var_os("AUGUR_DATA"))
}

/// Where the data set of a spec is looked for, the best place first. Relative paths start at the base folder.
pub fn looked_in(data: &DataSpec) -> Vec<PathBuf> {
    places(data, Path::new(""), std::env::var_os("AUGUR_DATA"))
}

fn places(data: &DataSpec, base: &Path, augur_data: Option<OsString>) -> Vec<PathBuf> {
    match data.root() {
        Some(root) => vec![base.join(root)],
        None => {
            let system = matches!(data, DataSpec::FashionMnist(_)).then(|| SYSTEM.into());
            own(name(data), base, augur_data).into_iter().chain(system).collect()
        }
    }
}

fn find(data: &DataSpec, base: &Path, augur_data: Option<OsString>) -> Result<PathBuf, DataError> {
    let looked = places(data, base, augur_data);
    let found = looked.iter().find(|folder| folder.is_dir()).cloned();
    found.ok_or(DataError::NoFolder {
        data_set: name(data),
        key: data.key(),
        looked,
    })
}

/// What to do about files of a data set that are missing or damaged.
pub(crate) fn remedy(data_set: &str, folder: &Path) -> String {
    match data_set {
        FASHION_MNIST | "elpv" => format!("run `augur fetch {data_set} --to {}`", folder.display()),
        "mnist" | "folder" => "get the files anew".into(),
        _ => format!("`augur fetch {data_set}` says where to get the data set and how it should lie"),
    }
}

/// A file of Fashion-MNIST, gz (the usual, and what fetching mends) or plain.
pub(crate) fn fashion_mnist_file(folder: &Path, name: &str) -> Result<PathBuf, DataError> {
    let candidates = [folder.join(format!("{name}.gz")), folder.join(name)];
    let found = candidates.into_iter().find(|path| path.exists());
    found.ok_or_else(|| DataError::NoFile {
        folder: folder.into(),
        wanted: format!("neither {name}.gz nor {name}"),
        data_set: FASHION_MNIST,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use augur_core::spec::FashionMnistSpec;
    use std::fs;

    #[test]
    fn the_first_folder_that_exists() {
        let base = tempfile::TempDir::new().unwrap();
        let found = |root: Option<&str>, augur_data: Option<&str>| {
            let root = root.map(str::to_owned);
            let data = DataSpec::FashionMnist(FashionMnistSpec { root, size_px: 28 });
            find(&data, base.path(), augur_data.map(Into::into)).ok()
        };
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
        let file = || fashion_mnist_file(folder.path(), name);
        assert!(matches!(file(), Err(DataError::NoFile { .. })));
        fs::write(folder.path().join(name), "").unwrap();
        assert_eq!(file(), Ok(folder.path().join(name)));
        let gz = folder.path().join("train-labels-idx1-ubyte.gz");
        fs::write(&gz, "").unwrap();
        assert_eq!(file(), Ok(gz));
    }
}
