//! Where files are kept: a folder, or a place in a bucket.

use crate::{error::DepotError, key::Key};
use std::{env, fmt, path::PathBuf, str::FromStr};

/// A folder, or a place in an object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine, or a shared one.
    Folder(PathBuf),
    /// A bucket, and where in it.
    Store(StoreUrl),
}

/// `s3://BUCKET` or `s3://BUCKET/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreUrl {
    bucket: String,
    prefix: Option<Key>,
}

impl StoreUrl {
    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What begins the key of every object here, without the last `/`.
    pub fn prefix(&self) -> Option<&Key> {
        self.prefix.as_ref()
    }

    /// The key of an object of the bucket, for its key here; of the place itself without one.
    pub(crate) fn full(&self, key: Option<&Key>) -> String {
        let parts = [self.prefix.as_ref(), key];
        let parts: Vec<_> = parts.into_iter().flatten().map(Key::as_str).collect();
        parts.join("/")
    }

    /// The place that this is a name in, and the name; none of a whole bucket.
    pub fn split(&self) -> Option<(Self, Key)> {
        let prefix = self.prefix.as_ref()?.as_str();
        let (above, name) = prefix
            .rsplit_once('/')
            .map_or((None, prefix), |(above, name)| (Some(above), name));
        let parent = Self {
            bucket: self.bucket.clone(),
            prefix: above.map(Key::parse).transpose().ok()?,
        };
        Some((parent, Key::parse(name).ok()?))
    }

    /// An object's URL.
    pub fn of(&self, key: &Key) -> String {
        format!("s3://{}/{}", self.bucket, self.full(Some(key)))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        self.prefix.iter().try_for_each(|prefix| write!(f, "/{prefix}"))
    }
}

impl FromStr for StoreUrl {
    type Err = DepotError;

    fn from_str(text: &str) -> Result<Self, DepotError> {
        let refuse = |why| DepotError::Url {
            url: text.to_owned(),
            why,
        };
        let rest = text.strip_prefix("s3://");
        let rest = rest.ok_or_else(|| refuse("only s3://BUCKET/PREFIX is known".to_owned()))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_letter) {
            let why = "a bucket's name has 3 to 63 lower-case letters, digits, `.`, `-` and `_`";
            return Err(refuse(why.to_owned()));
        }
        let prefix = prefix.trim_end_matches('/');
        let prefix = (!prefix.is_empty()).then(|| Key::parse(prefix)).transpose();
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.map_err(|error| refuse(error.to_string()))?,
        })
    }
}

impl FromStr for Place {
    type Err = DepotError;

    fn from_str(text: &str) -> Result<Self, DepotError> {
        match text.contains("://") {
            true => text.parse().map(Self::Store),
            false => Ok(Self::Folder(text.into())),
        }
    }
}

/// augur's folder in the user's cache: `$XDG_CACHE_HOME/augur`, else `~/.cache/augur`, else one of the working folder.
pub fn cache_home() -> PathBuf {
    let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    cache.map_or_else(|| ".augur-cache".into(), |cache| cache.join("augur"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_in_a_bucket() {
        let shown = |text: &str| match text.parse::<Place>() {
            Ok(Place::Store(url)) => url.to_string(),
            Ok(Place::Folder(path)) => path.display().to_string(),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(shown("runs/a"), "runs/a");
        assert_eq!(shown("s3://bucket"), "s3://bucket");
        assert_eq!(shown("s3://bucket/"), "s3://bucket");
        assert_eq!(shown("s3://bucket/a/b/"), "s3://bucket/a/b");
        for wrong in ["s3://", "s3://B", "s3://bucket/a/../b", "http://host/x", "gs://bucket"] {
            assert!(shown(wrong).starts_with("error: "), "{wrong}");
        }
    }
}
