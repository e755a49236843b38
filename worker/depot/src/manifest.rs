//! The list of a data set's files, which lies beside them.

use crate::{error::DepotError, key::Key, stamp::Stamp};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The name of a manifest, in the folder of its data set.
pub const MANIFEST: &str = "augur-manifest.json";
/// What is taken of one: bytes, and files.
pub(crate) const MOST_BYTES: u64 = 1 << 30;
const MOST_FILES: usize = 10_000_000;
const VERSION: u32 = 1;

/// The files of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    version: u32,
    /// In the order of their paths.
    pub files: Vec<Entry>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Below the folder.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Of the bytes, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Of these files.
    pub fn new(mut files: Vec<Entry>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            version: VERSION,
            files,
        }
    }

    /// From its JSON; `what` is its URL.
    ///
    /// # Errors
    /// JSON that is none, and files that could lead out of the folder or can't be.
    pub fn parse(what: &str, json: &[u8]) -> Result<Self, DepotError> {
        let refuse = |why: String| DepotError::Manifest {
            what: what.to_owned(),
            why,
        };
        let manifest: Self = serde_json::from_slice(json).map_err(|fault| refuse(fault.to_string()))?;
        if manifest.version != VERSION {
            return Err(refuse(format!("it is of version {}", manifest.version)));
        }
        if manifest.files.len() > MOST_FILES {
            return Err(refuse(format!("it has more than {MOST_FILES} files")));
        }
        let mut seen = HashSet::new();
        let mut bytes = 0_u64;
        for file in &manifest.files {
            Key::parse(&file.path).map_err(|error| refuse(error.to_string()))?;
            if file.sha256.len() != 64 || !file.sha256.chars().all(|c| c.is_ascii_hexdigit()) {
                return Err(refuse(format!("{} has no SHA-256", file.path)));
            }
            if !seen.insert(file.path.as_str()) {
                return Err(refuse(format!("{} stands in it twice", file.path)));
            }
            let sum = bytes.checked_add(file.size);
            bytes = sum.ok_or_else(|| refuse("its sizes add up to more than there is".into()))?;
        }
        Ok(manifest)
    }

    /// As JSON.
    ///
    /// # Errors
    /// None that a list of files has.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
    }
}

impl Entry {
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            size: self.size,
            sha256: self.sha256.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_files_of_its_folder_alone() {
        let sha256 = "0".repeat(64);
        let with = |path: &str, size: u64| {
            let entry = |path: &str| format!(r#"{{"path":{path:?},"size":{size},"sha256":"{sha256}"}}"#);
            format!(r#"{{"version":1,"files":[{},{}]}}"#, entry("a"), entry(path))
        };
        let parse = |json: String| Manifest::parse("s3://b/x", json.as_bytes());
        assert!(parse(with("b/c", 1)).is_ok());
        for path in ["../c", "/c", "b/../../c", "b\\c", "b\u{0}c", "a", ""] {
            assert!(parse(with(path, 1)).is_err(), "{path:?}");
        }
        assert!(parse(with("b", u64::MAX)).is_err());
        assert!(parse(r#"{"version":2,"files":[]}"#.into()).is_err());
        assert!(
            parse(format!(
                r#"{{"version":1,"files":[{{"path":"a","size":1,"sha256":"{}"}}]}}"#,
                "x".repeat(64)
            ))
            .is_err()
        );
    }
}
