//! What a job does where artifacts and data sets are in a store.

use super::{Bench, bad_data};
use crate::{artifacts, slot::protocol::Run, stores::Data};
use augur_core::{
    plan::TrialSpec,
    state::{Cause, CauseKind},
};
use augur_depot::{DepotError, Mirror};
use augur_link::{End, Held};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tracing::warn;

impl Bench {
    /// What the trial `spec` reads; the end of the job where that can't be had, or lies where specs may not lead.
    pub(super) async fn data(&self, held: &Held, spec: &TrialSpec) -> Result<Data, End> {
        let data = tokio::select! {
            data = held.waiting(self.base.data(spec)) => data,
            () = held.recalled.cancelled() => return Err(held.given_back("before its data set was here")),
            () = held.dropped.cancelled() => return Err(End::Dropped),
        };
        let data = data.map_err(|error| without_data(&error))?;
        let admitted = self.roots.admit(spec, data.root(), data.is_fetched());
        admitted.map_err(|outside| End::Failed(bad_data(outside.to_string())))?;
        Ok(data)
    }

    /// Fetches what a trial may go on from, or be reused from; the end of the job if that is wanted meanwhile. What earlier trials left
    /// comes into folders of this lease, which go with what is given.
    pub(super) async fn fetch_before(&self, held: &Held, run: &mut Run) -> Result<Option<Fetched>, End> {
        let (Some(mirror), Some(folder)) = (&self.mirror, &run.artifacts) else {
            return Ok(None);
        };
        let fetched = Fetched(folder.join(format!("earlier-{}", held.token)));
        let kept = run.earlier.iter_mut().filter_map(|earlier| earlier.artifacts.as_mut());
        let fetch = async {
            mirror.fetch_checkpoint(folder).await;
            for (number, kept) in kept.enumerate() {
                let to = fetched.0.join(number.to_string());
                mirror.fetch_leaves(kept, &to).await;
                *kept = to;
            }
        };
        tokio::select! {
            () = held.waiting(fetch) => Ok(Some(fetched)),
            () = held.recalled.cancelled() => Err(held.given_back("before it had begun")),
            () = held.dropped.cancelled() => Err(End::Dropped),
        }
    }

    /// Uploads what a trial left, before its result is reported: whoever hears of the result finds the files.
    pub(super) async fn keep(&self, held: &Held, folder: Option<&Path>) -> Result<(), Cause> {
        let (Some(mirror), Some(folder)) = (&self.mirror, folder) else {
            return Ok(());
        };
        held.waiting(mirror.keep(folder)).await.map_err(|error| Cause {
            // Charged, so that a store which never takes anything stops the sweep instead of having it computed for ever.
            kind: CauseKind::Crashed,
            detail: format!("the trial has a result, but what it left could not be stored: {error}"),
        })
    }

    /// Removes what a trial left from this machine: it is in the store.
    pub(super) fn forget(&self, folder: &Path) {
        if self.mirror.is_some() {
            clear(folder);
        }
    }

    /// Removes from the store what a sealed choice has no use for.
    pub(super) async fn discard_stored(&self, sweep: &str, lost: &[String], stopped: &[String]) {
        let (Some(mirror), Some(sweep)) = (&self.mirror, self.of_sweep(sweep)) else {
            return;
        };
        let lost = lost.iter().map(|trial| (trial, true));
        for (trial, only_model) in lost.chain(stopped.iter().map(|trial| (trial, false))) {
            let folder = artifacts::of_trial(&sweep, trial);
            let done = match only_model {
                true => mirror.discard_model(&folder).await,
                false => mirror.discard_all(&folder).await,
            };
            if !say(mirror, &folder, done) {
                // Each further one would wait as long.
                return;
            }
        }
    }

    /// Removes the checkpoints of a trial that is over from the store, and all of it from this machine.
    pub(super) async fn discard_checkpoints(&self, mirror: &Mirror, folder: &Path) {
        say(mirror, folder, mirror.discard_checkpoints(folder).await);
        clear(folder);
    }
}

/// What earlier trials left, for one lease: others of this machine that are reused from the same trials have copies of their own.
pub(super) struct Fetched(PathBuf);

impl Drop for Fetched {
    fn drop(&mut self) {
        clear(&self.0);
    }
}

/// Logs what went wrong; whether nothing did.
fn say(mirror: &Mirror, folder: &Path, done: Result<(), DepotError>) -> bool {
    if let Err(error) = done {
        let url = mirror.url(folder).unwrap_or_else(|_| folder.display().to_string());
        warn!("files that nobody needs stay below {url}: {error}");
        return false;
    }
    true
}

/// Removes a folder of the scratch.
fn clear(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
            warn!("{} stays, though it is in the store: {fault}", folder.display());
        }
        _ => {}
    }
}

/// A job whose data set can't be had.
fn without_data(error: &DepotError) -> End {
    let detail = format!("the data set can't be had: {error}");
    match error {
        // The store will be back, or another worker reaches it.
        DepotError::Away { .. } | DepotError::Changed(_) | DepotError::Hiccup(_) => End::GivenBack(Cause {
            kind: CauseKind::Preempted,
            detail,
        }),
        DepotError::NoData { .. }
        | DepotError::NotThere(_)
        | DepotError::Damaged { .. }
        | DepotError::Manifest { .. }
        | DepotError::Key { .. } => End::Failed(bad_data(detail)),
        // Of this machine: another one may have the room or the rights.
        _ => End::Failed(Cause {
            kind: CauseKind::Crashed,
            detail,
        }),
    }
}
