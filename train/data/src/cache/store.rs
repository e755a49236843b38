//! The folder of a cache: finding an entry, writing one whole, and letting one process build while others wait.

use super::{
    CacheKey, CachedImages,
    entry::{BYTES, EntryHeader},
    tidy::tidy,
};
use crate::{DataError, Images};
use memmap2::Mmap;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};
use tracing::warn;

/// How names of files that are being written begin.
pub(super) const TEMPORARY: &str = ".writing-";
/// How names of entries end.
pub(super) const ENTRY: &str = ".images";
/// How names of locks end.
pub(super) const LOCK: &str = ".lock";

/// As [`super::Cache::images`].
pub(super) fn images(
    folder: &Path,
    limit_bytes: u64,
    key_now: impl Fn() -> Result<CacheKey, DataError>,
    build: impl FnOnce() -> Result<Images, DataError>,
) -> Result<CachedImages, DataError> {
    let key = &key_now()?;
    let path = folder.join(format!("{key}{ENTRY}"));
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
    // Files that were changed while they were read would be kept under the content that they had before.
    if key_now().as_ref() != Ok(key) {
        warn!("files of images were changed while they were read: what was decoded isn't kept");
        return Ok(CachedImages::owned(images));
    }
    let bytes = (BYTES + size_of_val(&images.data[..])) as u64;
    let Some(room) = limit_bytes.checked_sub(bytes) else {
        return Ok(CachedImages::owned(images));
    };
    tidy(folder, room);
    if let Err(fault) = write(folder, &path, key, &images) {
        warn!(
            "can't keep decoded images in {}: {fault}; they are decoded anew each time, until it can be written or \
             AUGUR_CACHE names another folder",
            folder.display()
        );
    }
    Ok(CachedImages::owned(images))
}

/// The entry at `path`, if it is there, whole, and that of `key`.
fn find(path: &Path, key: &CacheKey) -> Option<CachedImages> {
    let file = File::open(path).ok()?;
    // Used now; where that can't be noted, it only goes sooner.
    let _ = file.set_modified(SystemTime::now());
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
    let path = folder.join(format!("{key}{LOCK}"));
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
