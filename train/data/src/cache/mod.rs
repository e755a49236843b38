//! Decoded and resized images, kept once per machine, so that a hundred trials of a task decode once: a file for each
//! [`CacheKey`], mapped into memory. The cache can only save time: whatever is wrong with it costs a warning and the
//! building of the images.

mod entry;
mod key;
mod store;
mod tidy;
mod view;

pub use entry::EntryHeader;
pub use key::{CacheKey, KeyBuilder};
pub use view::CachedImages;

use crate::{DataError, Images};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};
use tracing::warn;

/// The most that a cache holds unless it is told otherwise, in MB of 10^6 bytes.
const LIMIT_MB: u64 = 20_000;

/// A folder of images that were built before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// None where nothing is kept.
    folder: Option<PathBuf>,
    limit_mb: u64,
}

impl Cache {
    /// The machine's cache: `$AUGUR_CACHE`, else `$XDG_CACHE_HOME/augur`, else `~/.cache/augur`; without any of these
    /// variables, or where `AUGUR_CACHE` is `off`, nothing is kept.
    /// It holds `$AUGUR_CACHE_MB` at most, without that variable 20000.
    pub fn from_env() -> Self {
        let variable = |name| std::env::var_os(name);
        Self {
            folder: folder(variable("AUGUR_CACHE"), variable("XDG_CACHE_HOME"), variable("HOME")),
            limit_mb: limit_mb(variable("AUGUR_CACHE_MB")),
        }
    }

    /// A cache in `folder`, which need not exist yet.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: Some(folder.into()),
            limit_mb: LIMIT_MB,
        }
    }

    /// A cache that keeps nothing.
    pub fn off() -> Self {
        Self {
            folder: None,
            limit_mb: 0,
        }
    }

    /// The same cache with at most `limit_mb` MB (10^6 bytes): what was used longest ago goes before more is kept.
    #[must_use]
    pub fn with_limit_mb(self, limit_mb: u64) -> Self {
        Self { limit_mb, ..self }
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
        self.images_of(|| Ok(*key), build)
    }

    /// As [`Cache::images`], of files that may change: `key` is asked again when the images were built, and they are
    /// kept only if it is still the same.
    ///
    /// # Errors
    /// Those of `key` and `build`.
    pub fn images_of(
        &self,
        key: impl Fn() -> Result<CacheKey, DataError>,
        build: impl FnOnce() -> Result<Images, DataError>,
    ) -> Result<CachedImages, DataError> {
        match &self.folder {
            Some(folder) => store::images(folder, self.limit_mb.saturating_mul(1_000_000), key, build),
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

fn limit_mb(variable: Option<OsString>) -> u64 {
    let Some(text) = variable.filter(|value| !value.is_empty()) else {
        return LIMIT_MB;
    };
    let number = text.to_str().and_then(|text| text.trim().parse().ok());
    number.unwrap_or_else(|| {
        warn!("AUGUR_CACHE_MB is no whole number: the cache may hold {LIMIT_MB} MB; set it to one, or unset it");
        LIMIT_MB
    })
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

    #[test]
    fn a_limit_is_a_number_of_mb() {
        let limit = |text: &str| limit_mb(Some(text.into()));
        assert_eq!([limit_mb(None), limit(""), limit("much"), limit("-1")], [LIMIT_MB; 4]);
        assert_eq!([limit("0"), limit(" 500 ")], [0, 500]);
    }
}
