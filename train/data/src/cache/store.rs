//! The folder of a cache: finding an entry, writing one whole, and letting one process build while others wait.

use super::{CacheKey, CachedImages, entry::EntryHeader};
use crate::{DataError, Images};
use memmap2::Mmap;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tracing::warn;

/// How names of files that are being written begin.
const TEMPORARY: &str = ".writing-";
/// What a killed process was writing is removed by later ones, once nobody can be at it any more.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// As [`super::Cache::images`].
pub(super) fn images(
    folder: &Path,
    key: &CacheKey,
    build: impl FnOnce() -> Result<Images, DataError>,
) -> Result<CachedImages, DataError> {
    let path = folder.join(format!("{key}.images"));
    if let Some(found) = find(&path, key) {
        return Ok(found);
    }
    // Without the lock the images are built as often as they are asked for, which is no harm but time.
    let lock = lock(folder, key);
    if lock.is_some()
        && let Some(found) = find(&path, key)
    {
        return Ok(found);
    }
    let images = build()?;
    match write(folder, &path, key, &images) {
        Ok(()) => remove_stale(folder),
        Err(fault) => warn!(
            "can't keep decoded images in {}: {fault}; they are decoded anew each time, until it can be written or \
             AUGUR_CACHE names another folder",
            folder.display()
        ),
    }
    Ok(CachedImages::owned(images))
}

/// The entry at `path`, if it is there, whole, and that of `key`.
fn find(path: &Path, key: &CacheKey) -> Option<CachedImages> {
    let file = File::open(path).ok()?;
    // SAFETY: the map must not change while it is borrowed. Entries are written under another name and renamed when
    // they are whole; augur never writes to one again, it replaces or unlinks it, which leaves the map as it is.
    let file = unsafe { Mmap::map(&file) }.ok()?;
    let header = EntryHeader::parse(&file, key).map(|(header, _)| header);
    if header.is_none() {
        warn!("{} is damaged: its images are decoded anew", path.display());
    }
    header.map(|header| CachedImages::mapped(&header, file))
}

/// Held by the process that builds; gone with it, however it ends.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Those who wait hold the file itself, and look for the entry first: its name isn't needed any more.
        let _ = fs::remove_file(&self.path);
    }
}

fn lock(folder: &Path, key: &CacheKey) -> Option<Lock> {
    fs::create_dir_all(folder).ok()?;
    let path = folder.join(format!("{key}.lock"));
    let file = File::options().create(true).append(true).open(&path).ok()?;
    file.lock().ok()?;
    Some(Lock { path, _file: file })
}

/// Whole or not at all, also if the machine stops.
fn write(folder: &Path, path: &Path, key: &CacheKey, images: &Images) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
    file.write_all(&EntryHeader::new(images).to_bytes(key))?;
    file.write_all(bytemuck::cast_slice(&images.data))?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let age = written
            .ok()
            .and_then(|written| SystemTime::now().duration_since(written).ok());
        if entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) && age > Some(STALE) {
            // Another process may have been quicker.
            let _ = fs::remove_file(entry.path());
        }
    }
}
