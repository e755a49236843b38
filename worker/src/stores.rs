//! Artifacts and data sets that are kept in a store instead of a folder.

use crate::error::WorkerError;
use augur_core::plan::TrialSpec;
use augur_data::looked_in;
use augur_depot::{DataCache, Depot, DepotError, InUse, Key, Mirror, Patience, Place, StoreUrl, Wanted, cache_home};
use augur_train::trial::fingerprint::weights;
use clap::Args;
use std::{
    num::NonZeroU64,
    path::{Path, PathBuf},
    time::Duration,
};
use tracing::info;

/// How long a store may be away at the start.
const START: Patience = Patience::of(Duration::from_secs(30));

/// What a store needs of the machine.
#[derive(Clone, Debug, Args)]
pub struct StoreOptions {
    /// Folder for the artifacts of running trials, where --artifacts is a store [default: one of the user's cache]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Folder for data sets, where --base-dir is a store; all workers of a machine share it [default: one of the user's cache]
    #[arg(long, value_name = "DIR", env = "AUGUR_DATA_CACHE")]
    data_cache: Option<PathBuf>,
    /// GiB that it may take: data sets that were used longest ago go first
    #[arg(long, value_name = "N", default_value = "50", env = "AUGUR_DATA_CACHE_GIB")]
    data_cache_gib: NonZeroU64,
}

/// Where relative data folders start.
#[derive(Clone, Debug)]
pub(crate) enum Base {
    Folder(PathBuf),
    Store(DataCache),
}

/// A data set that can be read, for as long as this is held.
pub(crate) struct Data {
    root: PathBuf,
    in_use: Option<InUse>,
}

impl Data {
    /// The folder at which relative data folders start.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it came from a store.
    pub fn is_fetched(&self) -> bool {
        self.in_use.is_some()
    }
}

impl Base {
    /// Opens it; a store has to answer.
    pub async fn open(place: Option<&Place>, options: &StoreOptions) -> Result<Self, WorkerError> {
        let url = match place {
            None => return Ok(Self::Folder(".".into())),
            Some(Place::Folder(folder)) => return Ok(Self::Folder(folder.clone())),
            Some(Place::Store(url)) => url,
        };
        let folder = options.data_cache.clone();
        let folder = folder.unwrap_or_else(|| cache_home().join("data-sets"));
        info!("data sets are fetched from {url} into {}", folder.display());
        let limit = options.data_cache_gib.get().saturating_mul(1 << 30);
        Ok(Self::Store(DataCache::new(open(url).await?, folder, limit)))
    }

    /// What the trial `spec` reads. Fetched first, if it is in a store and not here.
    pub async fn data(&self, spec: &TrialSpec) -> Result<Data, DepotError> {
        let cache = match self {
            Self::Folder(folder) => {
                return Ok(Data {
                    root: folder.clone(),
                    in_use: None,
                });
            }
            Self::Store(cache) => cache,
        };
        let wanted = wanted(spec)?;
        if wanted.folders.is_empty() && wanted.files.is_empty() {
            return Ok(Data {
                root: ".".into(),
                in_use: None,
            });
        }
        match cache.hold(&wanted).await {
            // A system's package may have it.
            Err(DepotError::NoData { .. }) if is_here(spec) => Ok(Data {
                root: ".".into(),
                in_use: None,
            }),
            held => held.map(|in_use| Data {
                root: in_use.root().to_owned(),
                in_use: Some(in_use),
            }),
        }
    }
}

/// What a trial reads below the base folder. Absolute paths are of this machine, with a store too.
fn wanted(spec: &TrialSpec) -> Result<Wanted, DepotError> {
    let looked = looked_in(&spec.data);
    // In the order in which a folder would be looked for.
    let before = looked.iter().take_while(|folder| folder.is_absolute());
    let is_here = before.into_iter().any(|folder| folder.is_dir());
    let folders = looked.iter().filter(|folder| folder.is_relative() && !is_here);
    let files = weights(spec).map(Path::new).filter(|file| file.is_relative());
    Ok(Wanted {
        folders: folders.map(|folder| Key::of_path(folder)).collect::<Result<_, _>>()?,
        files: files.map(Key::of_path).collect::<Result<_, _>>()?,
    })
}

/// Whether a place of this machine has the data set.
fn is_here(spec: &TrialSpec) -> bool {
    let looked = looked_in(&spec.data);
    looked.iter().any(|folder| folder.is_absolute() && folder.is_dir())
}

/// The folder for artifacts, if they are kept, and what mirrors it where they are kept in a store.
pub(crate) async fn artifacts(
    place: Option<&Place>,
    options: &StoreOptions,
) -> Result<(Option<PathBuf>, Option<Mirror>), WorkerError> {
    let url = match place {
        None => return Ok((None, None)),
        Some(Place::Folder(folder)) => return Ok((Some(folder.clone()), None)),
        Some(Place::Store(url)) => url,
    };
    let own = || {
        // One folder for each store: a sweep may be in two.
        let name: String = url
            .to_string()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '-' })
            .collect();
        cache_home().join("artifacts").join(name)
    };
    let scratch = options.scratch.clone().unwrap_or_else(own);
    info!(
        "artifacts are kept in {url}; running trials have theirs in {}",
        scratch.display()
    );
    Ok((Some(scratch.clone()), Some(Mirror::new(open(url).await?, scratch))))
}

async fn open(url: &StoreUrl) -> Result<Depot, WorkerError> {
    let depot = Depot::open(url)?;
    depot.check(START).await?;
    Ok(depot)
}
