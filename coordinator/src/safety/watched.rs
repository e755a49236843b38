//! What stands in files and is read again when they change, so that nobody has to restart anything.

use crate::error::chain;
use std::{
    error::Error,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

type Read<T> = dyn Fn() -> Result<T, Box<dyn Error + Send + Sync>> + Send + Sync;

/// A value of one or more files.
pub(super) struct Watched<T> {
    files: Vec<PathBuf>,
    read: Box<Read<T>>,
    held: Mutex<Held<T>>,
}

struct Held<T> {
    /// The files as they were before they were last read.
    stamps: Vec<Option<Stamp>>,
    /// The files as they were when it was told that they can't be read.
    told: Option<Vec<Option<Stamp>>>,
    value: Arc<T>,
}

/// Inode, length, times at which the content and whatever else of it changed: another file, or another state of it.
type Stamp = (u64, u64, [i64; 4]);

impl<T> Watched<T> {
    /// Reads for the first time.
    pub fn open<E: Error + Send + Sync + 'static>(
        files: Vec<PathBuf>,
        read: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Self, E> {
        let stamps = stamps(&files);
        let value = Arc::new(read()?);
        Ok(Self {
            files,
            read: Box::new(move || Ok(read()?)),
            held: Mutex::new(Held {
                stamps,
                told: None,
                value,
            }),
        })
    }

    /// The value of the files as they are now. What can't be read is told once, and the old value stays until it can.
    pub fn current(&self) -> Arc<T> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = stamps(&self.files);
        if stamps != held.stamps {
            match (self.read)() {
                Ok(value) => {
                    held.value = Arc::new(value);
                    (held.stamps, held.told) = (stamps, None);
                    tracing::info!("read {} again", self.names());
                }
                // Not for ever: a process that has too many files open, or rights that somebody mends.
                Err(error) if held.told.as_ref() != Some(&stamps) => {
                    tracing::warn!("{}; what was read before stays in force", chain(&*error));
                    held.told = Some(stamps);
                }
                Err(_) => {}
            }
        }
        held.value.clone()
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.files.iter().map(|file| file.display().to_string()).collect();
        names.join(", ")
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    files.iter().map(|file| stamp(file)).collect()
}

fn stamp(file: &Path) -> Option<Stamp> {
    let data = fs::metadata(file).ok()?;
    let times = [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()];
    Some((data.ino(), data.len(), times))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;
    use std::{
        io,
        sync::atomic::{AtomicBool, Ordering::Relaxed},
    };

    #[test]
    fn what_could_not_be_read_is_tried_again_though_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        fs::write(&file, "one").unwrap();
        let refuses = Arc::new(AtomicBool::new(false));
        let (path, refusing) = (file.clone(), refuses.clone());
        let read = move || match refusing.load(Relaxed) {
            true => Err(io::Error::other("too many open files")),
            false => fs::read_to_string(&path),
        };
        let watched = Watched::open(vec![file.clone()], read).unwrap();
        fs::write(&file, "other").unwrap();
        refuses.store(true, Relaxed);
        assert_eq!(*watched.current(), "one");
        refuses.store(false, Relaxed);
        assert_eq!(*watched.current(), "other");
    }
}
