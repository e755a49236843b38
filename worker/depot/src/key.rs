//! Names of objects below a place, which are also paths of files below a folder.

use crate::error::DepotError;
use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

/// The longest key that S3 takes, bytes.
const LONGEST: usize = 1024;

/// A relative path that leads nowhere but down: no `..`, no `.`, no empty part, no backslash, no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// The key of a text.
    ///
    /// # Errors
    /// A text that could lead out of a folder, or that S3 or a file system can't hold.
    pub fn parse(text: &str) -> Result<Self, DepotError> {
        match flaw(text) {
            None => Ok(Self(text.to_owned())),
            Some(why) => Err(DepotError::Key {
                key: text.escape_debug().to_string(),
                why,
            }),
        }
    }

    /// The key of a file below a folder.
    ///
    /// # Errors
    /// A path that is no such thing, or is no UTF-8.
    pub fn of_path(path: &Path) -> Result<Self, DepotError> {
        let refuse = |why| DepotError::Key {
            key: path.display().to_string(),
            why,
        };
        // A `./` at the beginning changes nothing.
        let parts = path.components().filter(|part| *part != Component::CurDir);
        let parts = parts.map(|part| match part {
            Component::Normal(part) => part.to_str().ok_or_else(|| refuse("is no UTF-8")),
            _ => Err(refuse("is no relative path without `..`")),
        });
        Self::parse(&parts.collect::<Result<Vec<_>, _>>()?.join("/"))
    }

    /// The key of something below this one.
    ///
    /// # Errors
    /// As [`Key::parse`].
    pub fn join(&self, below: &str) -> Result<Self, DepotError> {
        Self::parse(below)?;
        Self::parse(&format!("{}/{below}", self.0))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The file of this key below `root`.
    pub fn below(&self, root: &Path) -> PathBuf {
        root.join(&self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn flaw(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("is empty");
    }
    if text.len() > LONGEST {
        return Some("has more than 1024 bytes");
    }
    if text.starts_with('/') {
        return Some("is an absolute path");
    }
    if text.contains('\\') {
        return Some("has a backslash");
    }
    if text.chars().any(char::is_control) {
        return Some("has a control character");
    }
    let mut parts = text.split('/');
    parts
        .any(|part| matches!(part, "" | "." | "..") || part.len() > 255)
        .then_some("has a part that is empty, `.`, `..` or longer than 255 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_down_and_nowhere_else() {
        for text in [
            "",
            "/etc/passwd",
            "..",
            "a/../b",
            "a/..",
            "./a",
            "a//b",
            "a/",
            "a\\..\\b",
            "a\0b",
            "a\nb",
        ] {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
        let long = "x".repeat(256);
        assert!(Key::parse(&long).is_err());
        for text in ["a", "a/b c/ü.png", "..a/b..", ".data/x"] {
            assert_eq!(Key::parse(text).unwrap().as_str(), text);
        }
        assert!(Key::parse("a").unwrap().join("../b").is_err());
        assert!(Key::of_path(Path::new("../a")).is_err());
        assert!(Key::of_path(Path::new("/a")).is_err());
        assert_eq!(Key::of_path(Path::new("./a/b")).ok(), Key::parse("a/b").ok());
    }
}
