//! Which objects are a data set.

use crate::{
    depot::Depot,
    error::DepotError,
    key::Key,
    manifest::{MANIFEST, MOST_BYTES, Manifest},
    patience::Patience,
    stamp::{Stamp, name_of},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tracing::warn;

/// What a trial reads below its base folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where its data set may lie: the first place that has one counts.
    pub folders: Vec<Key>,
    /// Single files, such as weights.
    pub files: Vec<Key>,
}

/// The objects that a trial needs.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    /// For people.
    pub name: String,
    /// Of this version of it.
    pub id: String,
    pub objects: Vec<Object>,
    pub bytes: u64,
}

/// An object, whose key is its path in the tree too.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub key: Key,
    pub size: u64,
    /// Known from a manifest.
    pub stamp: Option<Stamp>,
}

/// Manifests that were read, with their SHA-256, by key.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Key, (Stamp, Arc<Manifest>)>>);

impl Wanted {
    /// Begins the names of all versions of this.
    pub(crate) fn place(&self, depot: &Depot) -> String {
        let url = depot.url().to_string();
        let keys = self.folders.iter().chain(&self.files).map(Key::as_str);
        name_of([url.as_str()].into_iter().chain(keys))
    }

    /// For people.
    pub(crate) fn name(&self, depot: &Depot) -> String {
        self.folders
            .first()
            .or(self.files.first())
            .map_or_else(String::new, |key| depot.url().of(key))
    }
}

/// Looks for what is wanted.
pub(crate) async fn look(
    depot: &Depot,
    wanted: &Wanted,
    known: &Known,
    patience: Patience,
) -> Result<Contents, DepotError> {
    let mut name = wanted.name(depot);
    let mut objects = Vec::new();
    for folder in &wanted.folders {
        objects = of_folder(depot, folder, known, patience).await?;
        if !objects.is_empty() {
            name = depot.url().of(folder);
            break;
        }
    }
    if objects.is_empty() && !wanted.folders.is_empty() {
        return Err(DepotError::NoData { what: name });
    }
    for file in &wanted.files {
        let stamp = depot.stamp(file, patience).await?;
        let found = depot
            .find(file, patience)
            .await?
            .ok_or_else(|| DepotError::NotThere(depot.url().of(file)))?;
        objects.push((
            Object {
                key: file.clone(),
                size: found.size,
                stamp,
            },
            found.e_tag.unwrap_or_default(),
        ));
    }
    let bytes = objects
        .iter()
        .try_fold(0_u64, |sum, (object, _)| sum.checked_add(object.size));
    let content: Vec<_> = objects
        .iter()
        .map(|(object, version)| format!("{} {} {version}", object.key, object.size))
        .collect();
    Ok(Contents {
        id: format!(
            "{}-{}",
            wanted.place(depot),
            name_of(content.iter().map(String::as_str))
        ),
        name,
        objects: objects.into_iter().map(|(object, _)| object).collect(),
        bytes: bytes.unwrap_or(u64::MAX),
    })
}

/// The objects of a folder, each with what tells its versions apart; none where there is no data set.
async fn of_folder(
    depot: &Depot,
    folder: &Key,
    known: &Known,
    patience: Patience,
) -> Result<Vec<(Object, String)>, DepotError> {
    if let Some(manifest) = manifest(depot, folder, known, patience).await? {
        let objects = manifest.files.iter().map(|file| {
            let object = Object {
                key: folder.join(&file.path)?,
                size: file.size,
                stamp: Some(file.stamp()),
            };
            Ok((object, file.sha256.clone()))
        });
        return objects.collect();
    }
    let found = depot.list(Some(folder), patience).await?;
    if !found.is_empty() {
        warn!(
            "{} has no {MANIFEST}: sizes and ETags are all that its files are known by; `augur data push` makes one",
            depot.url().of(folder)
        );
    }
    let object = |found: crate::depot::Found| {
        let object = Object {
            key: found.key,
            size: found.size,
            stamp: None,
        };
        (object, found.e_tag.unwrap_or_default())
    };
    Ok(found.into_iter().map(object).collect())
}

/// The manifest of a folder, read again only where it has changed.
async fn manifest(
    depot: &Depot,
    folder: &Key,
    known: &Known,
    patience: Patience,
) -> Result<Option<Arc<Manifest>>, DepotError> {
    let key = folder.join(MANIFEST)?;
    let map = || known.0.lock().unwrap_or_else(PoisonError::into_inner);
    let stamp = depot.stamp(&key, patience).await?;
    let same = |stamp: &Stamp| {
        map()
            .get(&key)
            .filter(|(known, _)| known == stamp)
            .map(|(_, manifest)| Arc::clone(manifest))
    };
    if let Some(manifest) = stamp.as_ref().and_then(same) {
        return Ok(Some(manifest));
    }
    let Some((json, _)) = depot.read(&key, MOST_BYTES, patience).await? else {
        return Ok(None);
    };
    let manifest = Arc::new(Manifest::parse(&depot.url().of(&key), &json)?);
    map().insert(key, (Stamp::of_bytes(&json), Arc::clone(&manifest)));
    Ok(Some(manifest))
}
