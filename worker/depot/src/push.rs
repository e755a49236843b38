//! Uploading a data set with its manifest.

use crate::{
    depot::Depot,
    error::DepotError,
    key::Key,
    manifest::{Entry, MANIFEST, Manifest},
    patience::Patience,
    stamp::Stamp,
};
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::task::JoinSet;
use walkdir::WalkDir;

const PATIENCE: Patience = Patience::while_it_moves(Duration::from_secs(120));
/// Files on their way at a time.
const AT_A_TIME: usize = 8;

/// What came of an upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Files that were put.
    pub put: usize,
    /// Files that were there with the same bytes.
    pub unchanged: usize,
    /// Bytes of all files.
    pub bytes: u64,
}

/// Uploads a folder as a data set: its manifest comes last, so that one that has a manifest is whole. Otherwise as [`upload`].
///
/// # Errors
/// A folder that can't be read, names that a store can't hold, a store that is away or refuses.
pub async fn push(
    depot: &Depot,
    folder: &Path,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Pushed, DepotError> {
    let (pushed, entries) = upload_all(depot, folder, progress).await?;
    let json = Manifest::new(entries).to_json();
    let json = json.map_err(|fault| DepotError::local("list", folder, fault.into()))?;
    depot.put_bytes(&Key::parse(MANIFEST)?, json, PATIENCE).await?;
    Ok(pushed)
}

/// Uploads every file of a folder, hidden ones left out, below the place. Files that are there with the same bytes stay, so that an
/// upload that was broken off goes on. `progress` gets the bytes that are done, and the bytes of all.
///
/// # Errors
/// A folder that can't be read, names that a store can't hold, a store that is away or refuses.
pub async fn upload(
    depot: &Depot,
    folder: &Path,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Pushed, DepotError> {
    Ok(upload_all(depot, folder, progress).await?.0)
}

/// Fetches every object below the place into a folder. Files that are there in the same size with the same bytes stay.
///
/// # Errors
/// Objects that are no files below a folder; a store that is away or refuses; a folder that can't be written.
pub async fn download(
    depot: &Depot,
    folder: &Path,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<Pushed, DepotError> {
    let found = depot.list(None, PATIENCE).await?;
    let bytes = found.iter().map(|object| object.size).sum();
    let mut pushed = Pushed {
        bytes,
        ..Pushed::default()
    };
    let mut done = 0;
    for object in found {
        let to = object.key.below(folder);
        let has_its_size = to.metadata().is_ok_and(|file| file.len() == object.size);
        let is_here = has_its_size && depot.stamp(&object.key, PATIENCE).await? == Some(Stamp::of(&to).await?);
        match is_here {
            true => pushed.unchanged += 1,
            false => {
                depot.get(&object.key, &to, None, PATIENCE, &|_| {}).await?;
                pushed.put += 1;
            }
        }
        done += object.size;
        progress(done, bytes);
    }
    Ok(pushed)
}

async fn upload_all(
    depot: &Depot,
    folder: &Path,
    progress: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<(Pushed, Vec<Entry>), DepotError> {
    let files = files(folder)?;
    if files.is_empty() {
        return Err(DepotError::local("upload", folder, io::Error::other("it has no files")));
    }
    let total = files.iter().map(|(_, _, size)| size).sum();
    let mut pushed = Pushed {
        bytes: total,
        ..Pushed::default()
    };
    let (mut under_way, mut entries) = (JoinSet::new(), Vec::new());
    let mut done = 0;
    let mut take = |one: Result<Result<(Entry, bool), DepotError>, tokio::task::JoinError>, pushed: &mut Pushed| {
        let (entry, is_new) = one.unwrap_or_else(|panic| Err(DepotError::Hiccup(panic.to_string())))?;
        match is_new {
            true => pushed.put += 1,
            false => pushed.unchanged += 1,
        }
        done += entry.size;
        progress(done, total);
        entries.push(entry);
        Ok::<_, DepotError>(())
    };
    for (key, path, _) in files {
        let depot = depot.clone();
        under_way.spawn(async move { put(&depot, key, &path).await });
        while under_way.len() >= AT_A_TIME {
            if let Some(one) = under_way.join_next().await {
                take(one, &mut pushed)?;
            }
        }
    }
    while let Some(one) = under_way.join_next().await {
        take(one, &mut pushed)?;
    }
    Ok((pushed, entries))
}

async fn put(depot: &Depot, key: Key, path: &Path) -> Result<(Entry, bool), DepotError> {
    let stamp = Stamp::of(path).await?;
    let is_new = depot.stamp(&key, PATIENCE).await?.as_ref() != Some(&stamp);
    if is_new && depot.put(&key, path, PATIENCE).await? != stamp {
        return Err(DepotError::local(
            "upload",
            path,
            io::Error::other("it changed meanwhile"),
        ));
    }
    let entry = Entry {
        path: key.as_str().to_owned(),
        size: stamp.size,
        sha256: stamp.sha256,
    };
    Ok((entry, is_new))
}

/// The files below a folder that are not hidden, with their keys and sizes.
pub(crate) fn files(folder: &Path) -> Result<Vec<(Key, PathBuf, u64)>, DepotError> {
    let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    let walk = WalkDir::new(folder).follow_links(true).min_depth(1).sort_by_file_name();
    let mut files = Vec::new();
    for entry in walk.into_iter().filter_entry(|entry| !is_hidden(entry.file_name())) {
        let entry = entry.map_err(|fault| DepotError::local("read", folder, fault.into()))?;
        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        if entry.file_type().is_file() && below != Path::new(MANIFEST) {
            let size = entry
                .metadata()
                .map_err(|fault| DepotError::local("read", folder, fault.into()))?
                .len();
            files.push((Key::of_path(below)?, entry.path().to_owned(), size));
        }
    }
    Ok(files)
}
