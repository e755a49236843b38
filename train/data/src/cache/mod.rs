//! Decoded and resized images, kept once per machine, so that a hundred trials of a task decode once: a file for each
//! [`CacheKey`], mapped into memory. The cache can only save time: whatever is wrong with it costs a warning and the
//! building of the images.

mod entry;
mod key;
mod store;
mod view;

pub use entry::EntryHeader;
pub use key::{CacheKey, KeyBuilder};
pub use view::CachedImages;

use crate::{DataError, Images};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// A folder of images that were built before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// None where nothing is kept.
    folder: Option<PathBuf>,
}

impl Cache {
    /// The machine's cache: `$AUGUR_CACHE`, else `$XDG_CACHE_HOME/augur`, else `~/.cache/augur`; without any of these
    /// variables, or where `AUGUR_CACHE` is `off`, nothing is kept.
    pub fn from_env() -> Self {
        let variable = |name| std::env::var_os(name);
        Self {
            folder: folder(variable("AUGUR_CACHE"), variable("XDG_CACHE_HOME"), variable("HOME")),
        }
    }

    /// A cache in `folder`, which need not exist yet.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: Some(folder.into()),
        }
    }

    /// A cache that keeps nothing.
    pub fn off() -> Self {
        Self { folder: None }
    }

    /// The images of `key`, the same bits whether they come from the cache or from `build`, which is called only if
    /// the cache doesn't have them whole. Processes that ask for the same key at once build once: the others wait.
    ///
    /// # Errors
    /// Those of `build`; the cache has none of its own.
    pub fn images(
        &self,
        key: &CacheKey,
        build: impl FnOnce() -> Result<Images, DataError>,
    ) -> Result<CachedImages, DataError> {
        match &self.folder {
            Some(folder) => store::images(folder, key, build),
            None => build().map(CachedImages::owned),
        }
    }
}

fn folder(augur: Option<OsString>, xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    if augur.as_deref() == Some(OsStr::new("off")) {
        return None;
    }
    let named = |variable: Option<OsString>| variable.filter(|value| !value.is_empty()).map(PathBuf::from);
    // By the XDG specification a relative path there doesn't count.
    let shared = named(xdg).filter(|path| path.is_absolute());
    named(augur)
        .or_else(|| shared.map(|path| path.join("augur")))
        .or_else(|| named(home).map(|path| path.join(".cache/augur")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set() {
        let found =
            |augur: &str, xdg: &str, home: &str| folder(Some(augur.into()), Some(xdg.into()), Some(home.into()));
        assert_eq!(found("mine", "/xdg", "/home/me"), Some("mine".into()));
        assert_eq!(found("", "/xdg", "/home/me"), Some("/xdg/augur".into()));
        assert_eq!(found("", "relative", "/home/me"), Some("/home/me/.cache/augur".into()));
        assert_eq!(found("", "", ""), None);
        assert_eq!(found("off", "/xdg", "/home/me"), None);
        assert_eq!(found("./off", "/xdg", "/home/me"), Some("./off".into()));
        assert_eq!(folder(None, None, None), None);
    }
}
