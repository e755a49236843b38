//! The token of a caller: read again when its file changes, so that it can be replaced beneath a worker that runs for weeks.

use crate::{AccessError, credentials};
use http::HeaderValue;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// The variable that may hold a token itself.
const VARIABLE: &str = "AUGUR_TOKEN";

/// Where a token comes from.
pub(crate) enum Token {
    /// There is none.
    None,
    /// One that stays.
    Fixed(HeaderValue),
    /// One that stands in a file.
    File { path: PathBuf, held: Mutex<Held> },
}

/// A file's token, and the file's state before it was read.
pub(crate) struct Held {
    stamp: Option<Stamp>,
    header: HeaderValue,
}

/// Inode, length, time of change.
type Stamp = (u64, u64, Option<SystemTime>);

impl Token {
    /// Reads the file, or else the variable.
    pub fn open(file: Option<&Path>) -> Result<Self, AccessError> {
        let Some(path) = file else {
            return match std::env::var(VARIABLE) {
                Ok(text) => header(&text, VARIABLE.to_owned()).map(Self::Fixed),
                Err(_) => Ok(Self::None),
            };
        };
        let held = Held {
            stamp: stamp(path),
            header: read(path)?,
        };
        Ok(Self::File {
            path: path.to_owned(),
            held: Mutex::new(held),
        })
    }

    /// As it is sent now. Where its file can't be read any more, or holds none, the one before is.
    pub fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Fixed(header) => Some(header.clone()),
            Self::File { path, held } => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                let stamp = stamp(path);
                if stamp != held.stamp
                    && let Ok(header) = read(path)
                {
                    *held = Held { stamp, header };
                }
                Some(held.header.clone())
            }
        }
    }

    /// Whether there is one.
    pub fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let data = fs::metadata(path).ok()?;
    Some((data.ino(), data.len(), data.modified().ok()))
}

fn read(path: &Path) -> Result<HeaderValue, AccessError> {
    let text = credentials::read(path, "file of the token", "--token-file", "")?;
    header(&String::from_utf8_lossy(&text), path.display().to_string())
}

fn header(text: &str, origin: String) -> Result<HeaderValue, AccessError> {
    let text = text.trim();
    match HeaderValue::try_from(format!("Bearer {text}")) {
        Ok(mut header) if !text.is_empty() && !text.contains(char::is_whitespace) => {
            // Kept out of logs, and out of the tables that HTTP/2 compresses headers with.
            header.set_sensitive(true);
            Ok(header)
        }
        _ => Err(AccessError::Token { origin }),
    }
}
