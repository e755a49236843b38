//! Work that is given back, because the worker leaves or the coordinator wants the lease, and the checkpoints that stay or go.

use super::Bench;
use crate::{artifacts, slot::protocol::Place};
use augur_link::{End, Held};
use std::path::{Path, PathBuf};
use tracing::{info, warn};

/// A trial that ended on its way; none where it had not begun.
pub(super) fn left(held: &Held, place: Option<Place>) -> End {
    let progress = match place {
        None => "before it had begun".to_owned(),
        Some(Place { epoch, step, is_saved }) => {
            if is_saved {
                held.saved(epoch, step);
            }
            let kept = if is_saved {
                "a checkpoint is kept"
            } else {
                "without a checkpoint"
            };
            format!("after epoch {epoch}, step {step}; {kept}")
        }
    };
    held.given_back(&progress)
}

impl Bench {
    /// Removes the checkpoints of the trial `name` if it is over; `is_over` where that is known. Other workers may be at it
    /// otherwise, or come to it.
    pub(super) async fn tidy(&self, name: &str, is_over: bool) {
        let Some(trial) = self.folder(name) else { return };
        if let Some(mirror) = self.mirror.as_ref().filter(|_| is_over) {
            return self.discard_checkpoints(mirror, &trial).await;
        }
        if !artifacts::checkpoints(&trial).exists() {
            return;
        }
        if is_over || !self.stopping.is_cancelled() && self.coordinator.is_over(name).await {
            match &self.mirror {
                None => discard(&trial),
                Some(mirror) => self.discard_checkpoints(mirror, &trial).await,
            }
        }
    }

    /// Removes the checkpoints of trials that ended while no worker was here to hear of it.
    pub async fn tidy_all(&self) {
        let Some(root) = &self.artifacts else { return };
        let mut unfinished = artifacts::unfinished(root);
        if let Some(mirror) = &self.mirror {
            match mirror.unfinished().await {
                Ok(trials) => unfinished.extend(
                    trials
                        .into_iter()
                        .filter_map(|trial| Some((artifacts::name_of(&trial)?, trial))),
                ),
                Err(error) => warn!("checkpoints of trials that are over may stay in the store: {error}"),
            }
        }
        for (name, trial) in unfinished {
            if self.coordinator.is_over(&name).await {
                info!("removes checkpoints, for their trial is over: {name}");
                match &self.mirror {
                    None => discard(&trial),
                    Some(mirror) => self.discard_checkpoints(mirror, &trial).await,
                }
            }
        }
    }

    /// The folder of the trial `name`, sweeps/{sweep}/trials/{trial}, if anything of it is kept.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        let trial = name.rsplit('/').next()?;
        Some(artifacts::of_trial(&self.of_sweep(name)?, trial))
    }
}

/// Removes the checkpoints of a trial, given its folder.
pub(super) fn discard(trial: &Path) {
    if let Err(fault) = artifacts::discard_checkpoints(trial) {
        warn!("checkpoints that nobody needs stay in {}: {fault}", trial.display());
    }
}
