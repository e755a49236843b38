//! What trials leave behind, in a store: a worker works in a folder of its machine, and this brings and fetches the files of each
//! trial, `{sweep}/{trial}/...` there as here.

use crate::{depot::Depot, error::DepotError, key::Key, patience::Patience};
use augur_core::model::{CARD_FILE, EMBEDDINGS_FILE, TENSORS_FILE};
use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The folder of a trial's checkpoints, in the trial's own.
const CHECKPOINTS: &str = "checkpoints";
/// Checkpoints of a trial that are kept: one may turn out to be damaged.
const KEPT: usize = 2;
/// How often it is looked for a new checkpoint.
const LOOK: Duration = Duration::from_secs(1);
/// How long the last checkpoint of a trial that is given back may take: a worker that leaves is gone after 20 seconds.
const LEAVE: Duration = Duration::from_secs(12);
/// For what a trial does without, if it can't be had.
const SHORT: Patience = Patience::of(Duration::from_secs(60));
/// For a checkpoint: as long as it moves, for the trial does not wait for it.
const BESIDE: Patience = Patience::while_it_moves(Duration::from_secs(120));
/// For what a result is nothing without.
const LONG: Patience = Patience::while_it_moves(Duration::from_secs(600));

/// The artifacts of a store, and the folder where a worker works on them.
#[derive(Clone, Debug)]
pub struct Mirror {
    depot: Depot,
    scratch: PathBuf,
}

impl Mirror {
    /// What is in `depot`, worked on in the folder `scratch`.
    pub fn new(depot: Depot, scratch: PathBuf) -> Self {
        Self { depot, scratch }
    }

    /// Where the files of this folder are kept.
    ///
    /// # Errors
    /// A folder outside.
    pub fn url(&self, folder: &Path) -> Result<String, DepotError> {
        Ok(self.depot.url().of(&self.key(folder)?))
    }

    /// Fetches the newest checkpoint of the trial in `folder`, if the store has a newer one than is here. Without one the trial
    /// begins afresh, or further back.
    pub async fn fetch_checkpoint(&self, folder: &Path) {
        match self.try_fetch_checkpoint(folder).await {
            Ok(None) => {}
            Ok(Some(from)) => info!("fetched the checkpoint {from}"),
            Err(error) => warn!("a trial does without what its checkpoint in the store saves: {error}"),
        }
    }

    async fn try_fetch_checkpoint(&self, folder: &Path) -> Result<Option<String>, DepotError> {
        let here = names(&folder.join(CHECKPOINTS));
        let there = self.checkpoints(folder).await?;
        let mut last = Ok(None);
        for name in there.iter().rev() {
            if here.last() >= Some(name) {
                break;
            }
            let key = self.key(folder)?.join(CHECKPOINTS)?.join(name)?;
            let to = folder.join(CHECKPOINTS).join(name);
            match self.depot.get(&key, &to, None, SHORT, &|_| {}).await {
                Ok(_) => return Ok(Some(self.depot.url().of(&key))),
                // The one before may be whole.
                Err(error @ (DepotError::Damaged { .. } | DepotError::NotThere(_))) => {
                    warn!("a checkpoint is passed over: {error}");
                    last = Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        last
    }

    /// The names of a trial's checkpoints in the store, the newest last.
    async fn checkpoints(&self, folder: &Path) -> Result<BTreeSet<String>, DepotError> {
        let key = self.key(folder)?.join(CHECKPOINTS)?;
        let found = self.depot.list(Some(&key), SHORT).await?;
        let names = found.iter().map(|found| found.key.name());
        Ok(names
            .filter(|name| is_checkpoint(name))
            .map(ToOwned::to_owned)
            .collect())
    }

    /// Waits for `work`, the trial in `folder`, and uploads its checkpoints meanwhile. Where it `has_left`, its last checkpoint too.
    pub async fn beside<T>(&self, folder: &Path, work: impl Future<Output = T>, has_left: impl Fn(&T) -> bool) -> T {
        let left = CancellationToken::new();
        let mut following = pin!(self.follow(folder, &left));
        let mut work = pin!(work);
        let end = tokio::select! {
            biased;
            end = &mut work => end,
            () = &mut following => work.await,
        };
        if has_left(&end) {
            left.cancel();
            if timeout(LEAVE, following).await.is_err() {
                warn!(
                    "the last checkpoint of a trial could not be uploaded within {} s; it goes on from an earlier one elsewhere: {}",
                    LEAVE.as_secs(),
                    folder.display()
                );
            }
        }
        end
    }

    /// Uploads each new checkpoint, until the trial has left.
    async fn follow(&self, folder: &Path, left: &CancellationToken) {
        let here = names(&folder.join(CHECKPOINTS));
        // At its beginning: what comes later is another attempt's, and stands. A store that is away is asked again.
        let mut there = self.there(folder, &here).await.ok();
        loop {
            // Before the look: what is there at the end is uploaded.
            let is_last = left.is_cancelled();
            if let Some(newest) = names(&folder.join(CHECKPOINTS)).pop_last() {
                let uploaded = async {
                    let there = match &mut there {
                        Some(there) => there,
                        None => there.insert(self.there(folder, &here).await?),
                    };
                    self.upload_checkpoint(folder, &newest, there).await
                };
                if let Err(error) = uploaded.await {
                    warn!("a checkpoint stays on this machine alone: {error}");
                }
            }
            if is_last {
                return;
            }
            tokio::select! {
                () = left.cancelled() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    async fn there(&self, folder: &Path, here: &BTreeSet<String>) -> Result<There, DepotError> {
        let stored = self.checkpoints(folder).await?;
        let own = stored.intersection(here).cloned().collect();
        Ok(There { stored, own })
    }

    /// Uploads a checkpoint unless it is there, and removes those before the last two. Those of later steps were there before this
    /// attempt, which could not use them, such as those of another kind of machine; they would stand in its way for ever.
    async fn upload_checkpoint(&self, folder: &Path, name: &str, there: &mut There) -> Result<(), DepotError> {
        if there.own.contains(name) {
            return Ok(());
        }
        let checkpoints = self.key(folder)?.join(CHECKPOINTS)?;
        let from = folder.join(CHECKPOINTS).join(name);
        match self.depot.put(&checkpoints.join(name)?, &from, BESIDE).await {
            // The trial has taken the next one meanwhile.
            Err(DepotError::Local { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(()),
            put => put?,
        };
        there.own.insert(name.to_owned());
        there.stored.insert(name.to_owned());
        while let Some(old) = there.too_many(name) {
            self.depot.delete(&checkpoints.join(&old)?, SHORT).await?;
            there.stored.remove(&old);
        }
        Ok(())
    }

    /// Fetches what the earlier trial whose own folder is `folder` left into `to`, as far as the store has it; whether its embeddings
    /// are here.
    pub async fn fetch_leaves(&self, folder: &Path, to: &Path) -> bool {
        match self.try_fetch_leaves(folder, to).await {
            Ok(has_embeddings) => has_embeddings,
            Err(error) => {
                warn!("what an earlier trial left can't be had, so that it is not reused: {error}");
                false
            }
        }
    }

    async fn try_fetch_leaves(&self, folder: &Path, to: &Path) -> Result<bool, DepotError> {
        let key = self.key(folder)?;
        for file in [EMBEDDINGS_FILE, TENSORS_FILE, CARD_FILE] {
            let to = to.join(file);
            if to.exists() {
                continue;
            }
            match self.depot.get(&key.join(file)?, &to, None, SHORT, &|_| {}).await {
                Err(DepotError::NotThere(_)) => return Ok(file != EMBEDDINGS_FILE),
                got => got?,
            };
        }
        Ok(true)
    }

    /// Uploads what a trial left, before anybody hears of its result.
    ///
    /// # Errors
    /// A store that is away for long, or refuses.
    pub async fn keep(&self, folder: &Path) -> Result<(), DepotError> {
        let key = self.key(folder)?;
        // The card last: a folder with a card is whole.
        for file in [EMBEDDINGS_FILE, TENSORS_FILE, CARD_FILE] {
            let from = folder.join(file);
            // A baseline leaves nothing, and a full disk costs the detector alone.
            if from.exists() {
                self.depot.put(&key.join(file)?, &from, LONG).await?;
            }
        }
        Ok(())
    }

    /// Whether the store has the detector of a trial.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn has_detector(&self, folder: &Path) -> Result<bool, DepotError> {
        let card = self.key(folder)?.join(CARD_FILE)?;
        Ok(self.depot.find(&card, SHORT).await?.is_some())
    }

    /// Removes the detector of a trial.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn discard_model(&self, folder: &Path) -> Result<(), DepotError> {
        let key = self.key(folder)?;
        for file in [CARD_FILE, TENSORS_FILE] {
            self.depot.delete(&key.join(file)?, SHORT).await?;
        }
        Ok(())
    }

    /// Removes the checkpoints of a trial that is over.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn discard_checkpoints(&self, folder: &Path) -> Result<(), DepotError> {
        let key = self.key(folder)?.join(CHECKPOINTS)?;
        self.depot.delete_below(&key, SHORT).await.map(drop)
    }

    /// Removes all that a trial left.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn discard_all(&self, folder: &Path) -> Result<(), DepotError> {
        self.depot.delete_below(&self.key(folder)?, SHORT).await.map(drop)
    }

    /// The folders, here, of the trials that have checkpoints in the store.
    ///
    /// # Errors
    /// A store that is away or refuses.
    pub async fn unfinished(&self) -> Result<Vec<PathBuf>, DepotError> {
        let of = |key: &str| {
            let (trial, file) = key.split_once(&format!("/{CHECKPOINTS}/"))?;
            is_checkpoint(file).then(|| trial.to_owned())
        };
        // Of a store's many objects few are checkpoints.
        let found = self.depot.list_where(None, &|key| of(key).is_some(), LONG).await?;
        let trials = found.iter().filter_map(|found| of(found.key.as_str()));
        let trials: BTreeSet<_> = trials.collect();
        Ok(trials.iter().map(|trial| self.scratch.join(trial)).collect())
    }

    fn key(&self, folder: &Path) -> Result<Key, DepotError> {
        let below = folder.strip_prefix(&self.scratch).map_err(|_| DepotError::Key {
            key: folder.display().to_string(),
            why: "is outside of the scratch folder",
        })?;
        Key::of_path(below)
    }
}

/// The checkpoints of a trial in the store, as an attempt sees them.
#[derive(Debug)]
struct There {
    stored: BTreeSet<String>,
    /// Those of them that are this attempt's: it went on from them, or took them.
    own: BTreeSet<String>,
}

impl There {
    /// One to be removed, once `newest` is there.
    fn too_many(&self, newest: &str) -> Option<String> {
        let further = self.stored.last().filter(|last| last.as_str() > newest);
        let old = self.stored.first().filter(|_| self.stored.len() > KEPT);
        further.or(old).cloned()
    }
}

/// The checkpoints in a folder of this machine, the newest last; none where it can't be read.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| is_checkpoint(name)).collect()
}

/// Named by its step in digits of one width, so that names sort as steps do.
fn is_checkpoint(name: &str) -> bool {
    name.starts_with("step-") && name.ends_with(".safetensors") && !name.contains('/')
}
