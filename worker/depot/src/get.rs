//! Fetching files: what was cut goes on where it was, and what came is checked.

use crate::{
    depot::{Depot, Found, in_time},
    error::{DepotError, gib},
    key::Key,
    patience::{Patience, Watch},
    put::SHA256,
    stamp::{Stamp, name_of},
};
use object_store::{Attribute, GetOptions, GetRange, ObjectMeta};
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};
use tokio::io::AsyncWriteExt;
use tokio_stream::StreamExt;

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// What it is.
    pub stamp: Stamp,
    /// Whether its SHA-256 was known beforehand; else only its size was checked.
    pub is_verified: bool,
    /// Bytes that were here from an earlier try.
    pub resumed_at: u64,
}

/// What is known of an object before it is fetched.
struct Head {
    meta: ObjectMeta,
    sha256: Option<String>,
}

impl Depot {
    /// Fetches an object into the file `to`, which is there whole or not at all. `known` is what it must be; without it the SHA-256
    /// counts that stands in its metadata. `progress` gets the bytes as they come.
    ///
    /// # Errors
    /// An object that is not there, or is not what it should be; a store that is away or refuses; a file that can't be written.
    pub async fn get(
        &self,
        key: &Key,
        to: &Path,
        known: Option<&Stamp>,
        patience: Patience,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Got, DepotError> {
        let what = format!("fetch {}", self.url.of(key));
        let watch = Watch::new(patience);
        let damaged = AtomicU32::new(0);
        let attempt = || async {
            match self.try_get(key, to, known, &what, &watch, progress).await {
                // A piece may have been damaged on its way: once more from its beginning.
                Err(error @ DepotError::Damaged { .. }) if damaged.fetch_add(1, Relaxed) == 0 => {
                    Err(DepotError::Hiccup(error.to_string()))
                }
                ended => ended,
            }
        };
        watch.persist(&what, &self.endpoint, attempt).await
    }

    /// Reads a small object; none where it is not there.
    ///
    /// # Errors
    /// One of more than `limit` bytes; a store that is away or refuses.
    pub async fn read(
        &self,
        key: &Key,
        limit: u64,
        patience: Patience,
    ) -> Result<Option<(Vec<u8>, String)>, DepotError> {
        let what = format!("read {}", self.url.of(key));
        let path = self.path(Some(key))?;
        let attempt = || async {
            let found = in_time(self.store.get_opts(&path, GetOptions::default())).await?;
            let found = match found.map_err(|fault| self.fault(&what, fault)) {
                Err(DepotError::NotThere(_)) => return Ok(None),
                found => found?,
            };
            let size = found.meta.size;
            if size > limit {
                return Err(DepotError::Other {
                    what: what.clone(),
                    endpoint: self.endpoint.clone(),
                    why: format!("it has {}, and at most {} are taken", gib(size), gib(limit)),
                });
            }
            let version = version(&found.meta);
            let (mut stream, mut bytes) = (found.into_stream(), Vec::new());
            while let Some(piece) = in_time(stream.next()).await? {
                bytes.extend_from_slice(&piece.map_err(|fault| self.fault(&what, fault))?);
            }
            Ok(Some((bytes, version)))
        };
        Watch::new(patience).persist(&what, &self.endpoint, attempt).await
    }

    /// The object of just this key; none where it is not there.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn find(&self, key: &Key, patience: Patience) -> Result<Option<Found>, DepotError> {
        let what = format!("look for {}", self.url.of(key));
        let attempt = || async {
            match self.head(key, &what).await {
                Ok(Head { meta, .. }) => Ok(Some(Found {
                    key: key.clone(),
                    size: meta.size,
                    e_tag: meta.e_tag,
                })),
                Err(DepotError::NotThere(_)) => Ok(None),
                Err(other) => Err(other),
            }
        };
        Watch::new(patience).persist(&what, &self.endpoint, attempt).await
    }

    /// The stamp of an object, as its metadata say; none where it is not there or has none.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn stamp(&self, key: &Key, patience: Patience) -> Result<Option<Stamp>, DepotError> {
        let what = format!("look for {}", self.url.of(key));
        let attempt = || async {
            match self.head(key, &what).await {
                Ok(Head { meta, sha256 }) => Ok(sha256.map(|sha256| Stamp {
                    size: meta.size,
                    sha256,
                })),
                Err(DepotError::NotThere(_)) => Ok(None),
                Err(other) => Err(other),
            }
        };
        Watch::new(patience).persist(&what, &self.endpoint, attempt).await
    }

    async fn head(&self, key: &Key, what: &str) -> Result<Head, DepotError> {
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let found = in_time(self.store.get_opts(&self.path(Some(key))?, options)).await?;
        let found = found.map_err(|fault| self.fault(what, fault))?;
        let sha256 = found.attributes.get(&Attribute::Metadata(SHA256.into()));
        Ok(Head {
            sha256: sha256.map(|value| value.to_string()),
            meta: found.meta,
        })
    }

    async fn try_get(
        &self,
        key: &Key,
        to: &Path,
        known: Option<&Stamp>,
        what: &str,
        watch: &Watch,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Got, DepotError> {
        let Head { meta, sha256 } = self.head(key, what).await?;
        if let Some(known) = known.filter(|known| known.size != meta.size) {
            return Err(self.damaged(key, gib(known.size), gib(meta.size)));
        }
        let wanted = known.map(|known| known.sha256.clone()).or(sha256);
        let part = part(to, &version(&meta)).map_err(|fault| DepotError::local("write", to, fault))?;
        let resumed_at = self.complete(key, &part, &meta, what, watch, progress).await?;
        let stamp = Stamp::of(&part).await?;
        if let Some(wanted) = wanted.as_ref().filter(|wanted| **wanted != stamp.sha256) {
            let _ = fs::remove_file(&part);
            let text = |sha256: &str| format!("the SHA-256 {sha256:.16}...");
            return Err(self.damaged(key, text(wanted), text(&stamp.sha256)));
        }
        fs::rename(&part, to).map_err(|fault| DepotError::local("write", to, fault))?;
        Ok(Got {
            stamp,
            is_verified: wanted.is_some(),
            resumed_at,
        })
    }

    /// Fetches what is not there yet of an object into the file `part`; gives the bytes that were there already.
    async fn complete(
        &self,
        key: &Key,
        part: &Path,
        meta: &ObjectMeta,
        what: &str,
        watch: &Watch,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<u64, DepotError> {
        let unwritable = |fault| DepotError::local("write", part, fault);
        let file = fs::File::options()
            .append(true)
            .create(true)
            .open(part)
            .map_err(unwritable)?;
        if file.try_lock().is_err() {
            return Err(DepotError::Hiccup("another process is at it".into()));
        }
        let mut have = file.metadata().map_err(unwritable)?.len();
        if have > meta.size {
            file.set_len(0).map_err(unwritable)?;
            have = 0;
        }
        if have == meta.size {
            return Ok(have);
        }
        let options = GetOptions {
            if_match: meta.e_tag.clone(),
            range: (have > 0).then_some(GetRange::Offset(have)),
            ..GetOptions::default()
        };
        let found = in_time(self.store.get_opts(&self.path(Some(key))?, options)).await?;
        let found = found.map_err(|fault| self.fault(what, fault))?;
        let mut stream = found.into_stream();
        let mut file = tokio::fs::File::from_std(file);
        let mut written = have;
        loop {
            let piece = match in_time(stream.next()).await {
                Ok(None) => break,
                Ok(Some(piece)) => piece.map_err(|fault| self.fault(what, fault)),
                Err(silence) => Err(silence),
            };
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    // What has come stays for the next try.
                    let _ = file.flush().await;
                    return Err(error);
                }
            };
            written += piece.len() as u64;
            if written > meta.size {
                break;
            }
            file.write_all(&piece).await.map_err(unwritable)?;
            watch.moves();
            progress(piece.len() as u64);
        }
        file.flush().await.map_err(unwritable)?;
        if written != meta.size {
            return Err(DepotError::Hiccup(format!(
                "{} of {} came",
                gib(written),
                gib(meta.size)
            )));
        }
        Ok(have)
    }

    fn damaged(&self, key: &Key, expected: String, found: String) -> DepotError {
        DepotError::Damaged {
            what: self.url.of(key),
            expected,
            found,
        }
    }
}

/// What tells versions of an object apart.
fn version(meta: &ObjectMeta) -> String {
    let by_time = || format!("{} {}", meta.size, meta.last_modified);
    meta.e_tag.clone().unwrap_or_else(by_time)
}

/// The file for what has come of an object's version; those of other versions go.
fn part(to: &Path, version: &str) -> io::Result<PathBuf> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = to.file_name().and_then(|name| name.to_str()).unwrap_or("object");
    // Short enough beside the longest name.
    let own = name_of([name]);
    let part = format!(".{own}.{}.part", name_of([version]));
    for entry in fs::read_dir(folder)?.flatten() {
        let other = entry.file_name();
        let other = other.to_string_lossy();
        if other != part && other.starts_with(&format!(".{own}.")) && other.ends_with(".part") {
            match fs::remove_file(entry.path()) {
                Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
                _ => {}
            }
        }
    }
    Ok(folder.join(part))
}
