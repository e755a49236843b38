//! What can go wrong with a store: one sentence each, with what, where, and what to do.

use crate::place::StoreUrl;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a file could not be put or had.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// No place.
    #[error("{url} is no place for files: {why}")]
    Url { url: String, why: String },
    /// A name that is refused.
    #[error("the name {key} is refused: it {why}")]
    Key { key: String, why: &'static str },
    /// The AWS_* variables say what can't be.
    #[error("{place} can't be opened: {why}; check the variables AWS_*")]
    Settings { place: StoreUrl, why: String },
    /// It was tried for as long as it was worth it.
    #[error(
        "can't {what} at {endpoint} within {seconds:.0} s: {last}; check AWS_ENDPOINT_URL and whether the store runs"
    )]
    Away {
        what: String,
        endpoint: String,
        seconds: f64,
        last: String,
    },
    /// One try failed in a way that another may not.
    #[error("{0}")]
    Hiccup(String),
    /// The store does not know who asks, or does not let them.
    #[error(
        "can't {what}: {endpoint} refuses ({code}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the rights on the bucket"
    )]
    Denied {
        what: String,
        endpoint: String,
        code: String,
    },
    /// There is no such bucket.
    #[error("can't {what}: {endpoint} has no bucket {bucket}; make it, or mend the URL")]
    NoBucket {
        what: String,
        endpoint: String,
        bucket: String,
    },
    /// There is no such object.
    #[error("{0} is not there")]
    NotThere(String),
    /// The object was replaced while it was fetched.
    #[error("{0} was replaced while it was fetched")]
    Changed(String),
    /// What came is not what was put.
    #[error("{what} is damaged: it has {found} where {expected} was put; put it there again")]
    Damaged {
        what: String,
        expected: String,
        found: String,
    },
    /// A list of files that can't be used.
    #[error("the manifest {what} can't be used: {why}; make it anew with `augur data push`")]
    Manifest { what: String, why: String },
    /// A folder with nothing in it.
    #[error("there is no data set at {what}; upload it with `augur data push DIR {what}`")]
    NoData { what: String },
    /// More than may be kept here.
    #[error("the data set {what} has {} and the cache {} takes {}; raise `--data-cache-gib`", gib(*bytes), folder.display(), gib(*limit))]
    TooLarge {
        what: String,
        bytes: u64,
        folder: PathBuf,
        limit: u64,
    },
    /// Of this machine.
    #[error("can't {done} {}: {source}; check the folder and the room on its disk", path.display())]
    Local {
        done: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// Anything else that the store says.
    #[error("can't {what} at {endpoint}: {why}")]
    Other {
        what: String,
        endpoint: String,
        why: String,
    },
}

impl DepotError {
    pub(crate) fn local(done: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Local {
            done,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether another try may do better.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Hiccup(_) | Self::Changed(_) | Self::Away { .. })
    }
}

/// An amount of bytes, for people.
pub(crate) fn gib(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(shift, _)| bytes >> shift > 0);
    match unit {
        #[allow(clippy::cast_precision_loss, reason = "for people")]
        Some((shift, unit)) => format!("{:.1} {unit}", bytes as f64 / (1_u64 << shift) as f64),
        None => format!("{bytes} bytes"),
    }
}
