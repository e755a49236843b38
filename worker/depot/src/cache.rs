//! The data sets of a store that this machine has, fetched once for all its workers.
//!
//! `DIR/{id}/tree/...` has the files of one version of a data set, at the paths that specs name; `DIR/{id}.lock` is held alone
//! by whoever fetches it and shared by whoever uses it.

use crate::{
    data::{Contents, Known, Wanted, look},
    depot::Depot,
    error::{DepotError, gib},
    key::Key,
    lock,
    patience::Patience,
    room::Berth,
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};
use tracing::{info, warn};

/// A transfer that brings nothing for so long has failed.
const PATIENCE: Patience = Patience::while_it_moves(Duration::from_secs(300));
/// How long the store may be away before a version that is here does.
const AWAY: Duration = Duration::from_secs(60);
/// Files on their way at a time.
const AT_A_TIME: usize = 8;
/// How often it is looked whether somebody else is done.
const LOOK: Duration = Duration::from_millis(200);
/// How often the log says how far a transfer is.
const SAY: Duration = Duration::from_secs(10);

/// The cache of a machine.
#[derive(Clone, Debug)]
pub struct DataCache {
    depot: Depot,
    folder: PathBuf,
    limit: u64,
    away: Duration,
    known: Arc<Known>,
}

/// A data set that stays in the cache until this is dropped.
#[derive(Debug)]
pub struct InUse {
    root: PathBuf,
    _lock: File,
}

impl InUse {
    /// The folder at which the paths of a spec start.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl DataCache {
    /// A cache in `folder` of at most `limit` bytes for the data sets of `depot`.
    pub fn new(depot: Depot, folder: PathBuf, limit: u64) -> Self {
        Self {
            depot,
            folder,
            limit,
            away: AWAY,
            known: Arc::default(),
        }
    }

    /// The same, where the store may be away for so long before a version that is here does.
    pub fn away_for(self, away: Duration) -> Self {
        Self { away, ..self }
    }

    /// What is wanted, in the cache: fetched if it is not there. Two that want the same wait for one transfer. Where the store is
    /// away, the version that was used last does.
    ///
    /// # Errors
    /// A data set that is not there, is damaged or too large; a store that is away or refuses; a disk that is full.
    pub async fn hold(&self, wanted: &Wanted) -> Result<InUse, DepotError> {
        let contents = match look(&self.depot, wanted, &self.known, Patience::of(self.away)).await {
            Err(error @ DepotError::Away { .. }) => return self.last_known(wanted, error),
            contents => contents?,
        };
        if contents.bytes > self.limit {
            return Err(DepotError::TooLarge {
                what: contents.name,
                bytes: contents.bytes,
                folder: self.folder.clone(),
                limit: self.limit,
            });
        }
        let berth = Berth::new(&self.folder, &contents.id);
        let mut said = Instant::now();
        let mut say = |what: &str| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                info!("waits for {what}: {}", contents.name);
            }
        };
        loop {
            if let Some(in_use) = self.shared(&berth)? {
                return Ok(in_use);
            }
            match lock::exclusive(&berth.lock()).map_err(|fault| self.unusable(fault))? {
                None => say("another transfer of the same data set"),
                Some(_) if berth.is_complete() => continue,
                Some(_alone) => {
                    if self.reserve(&berth, contents.bytes)? {
                        self.fill(&berth, &contents).await?;
                        continue;
                    }
                    say("room in the cache, which other trials use");
                }
            }
            sleep(LOOK).await;
        }
    }

    fn shared(&self, berth: &Berth) -> Result<Option<InUse>, DepotError> {
        let lock = lock::shared(&berth.lock()).map_err(|fault| self.unusable(fault))?;
        let Some(lock) = lock.filter(|_| berth.is_complete()) else {
            return Ok(None);
        };
        berth.mark().map_err(|fault| self.unusable(fault))?;
        Ok(Some(InUse {
            root: berth.tree(),
            _lock: lock,
        }))
    }

    fn reserve(&self, berth: &Berth, bytes: u64) -> Result<bool, DepotError> {
        let mut gone = Vec::new();
        let reserved = berth.reserve(bytes, self.limit, &mut gone);
        for id in gone {
            info!(
                "removes a data set that was not used for long from {}: {id}",
                self.folder.display()
            );
        }
        reserved.map_err(|fault| self.unusable(fault))
    }

    /// The version that was used last, for the time that the store is away.
    fn last_known(&self, wanted: &Wanted, error: DepotError) -> Result<InUse, DepotError> {
        let place = format!("{}-", wanted.place(&self.depot));
        let mut berths = Berth::all(&self.folder).map_err(|fault| self.unusable(fault))?;
        berths.retain(|berth| berth.id().starts_with(&place) && berth.is_complete());
        berths.sort_by_key(Berth::used);
        for berth in berths.iter().rev() {
            if let Some(in_use) = self.shared(berth)? {
                warn!("{error}; uses {} as it was fetched before", wanted.name(&self.depot));
                return Ok(in_use);
            }
        }
        Err(error)
    }

    /// Fetches what is not there yet.
    async fn fill(&self, berth: &Berth, contents: &Contents) -> Result<(), DepotError> {
        let (begun, came) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        info!(
            "fetches {} files, {}: {}",
            contents.objects.len(),
            gib(contents.bytes),
            contents.name
        );
        let mut under_way = JoinSet::new();
        let mut waiting = contents.objects.iter();
        let mut here = 0;
        let mut ticks = interval(SAY);
        ticks.tick().await;
        loop {
            while under_way.len() < AT_A_TIME
                && let Some(object) = waiting.next()
            {
                let to = object.key.below(&berth.tree());
                refuse_links(&berth.tree(), &object.key)?;
                // Files get their names once they are whole and checked.
                if to
                    .metadata()
                    .is_ok_and(|file| file.is_file() && file.len() == object.size)
                {
                    here += object.size;
                    continue;
                }
                let (depot, object, came) = (self.depot.clone(), object.clone(), Arc::clone(&came));
                under_way.spawn(async move {
                    let progress = move |bytes| {
                        came.fetch_add(bytes, Relaxed);
                    };
                    let got = depot
                        .get(&object.key, &to, object.stamp.as_ref(), PATIENCE, &progress)
                        .await?;
                    match got.stamp.size == object.size {
                        true => Ok(()),
                        false => Err(DepotError::Changed(depot.url().of(&object.key))),
                    }
                });
            }
            tokio::select! {
                one = under_way.join_next() => match one {
                    None => break,
                    Some(one) => one.unwrap_or_else(|panic| Err(DepotError::Hiccup(panic.to_string())))?,
                },
                _ = ticks.tick() => say(&contents.name, here, came.load(Relaxed), contents.bytes, begun),
            }
        }
        let tree = berth.tree();
        let synced = tokio::task::spawn_blocking(move || Ok(rustix::fs::syncfs(File::open(tree)?)?)).await;
        synced
            .unwrap_or_else(|panic| Err(io::Error::other(panic)))
            .and_then(|()| berth.mark())
            .map_err(|fault| self.unusable(fault))?;
        info!("fetched in {:.0} s: {}", begun.elapsed().as_secs_f64(), contents.name);
        Ok(())
    }

    fn unusable(&self, fault: io::Error) -> DepotError {
        DepotError::local("use the cache of data sets", &self.folder, fault)
    }
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn say(name: &str, here: u64, came: u64, bytes: u64, begun: Instant) {
    let left = bytes.saturating_sub(here + came);
    let seconds = begun.elapsed().as_secs_f64() * left as f64 / (came as f64).max(1.0);
    let how_long = match came {
        0 => "nothing has come yet".to_owned(),
        _ => format!("{seconds:.0} s left"),
    };
    info!("fetches {name}: {} of {}, {how_long}", gib(here + came), gib(bytes));
}

/// No part of a file's path may be a link: it could lead out of the tree.
fn refuse_links(tree: &Path, key: &Key) -> Result<(), DepotError> {
    let mut path = tree.to_owned();
    for part in key.as_str().split('/') {
        path.push(part);
        if fs::symlink_metadata(&path).is_ok_and(|file| file.is_symlink()) {
            return Err(DepotError::local("write", &path, io::Error::other("it is a link")));
        }
    }
    Ok(())
}
