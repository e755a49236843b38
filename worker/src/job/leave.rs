//! Work that is given back, because the worker leaves or the coordinator wants the lease: a trial takes a checkpoint first.

use super::{Bench, End};
use crate::{artifacts, leases::Held, slot::protocol::Place};
use augur_core::state::{Cause, CauseKind};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long trials may take to write their checkpoints when the worker leaves. A process that is pre-empted often has half a
/// minute in all.
pub(crate) const CHECKPOINT: Duration = Duration::from_secs(15);

impl Bench {
    /// Returns when work that still runs has to be given up, some time after it was to be given back.
    pub(super) async fn patience_ends(&self, held: &Held, is_trial: bool) {
        let patience = match self.artifacts {
            Some(_) if is_trial => CHECKPOINT,
            // Nothing of it would be kept.
            _ => Duration::ZERO,
        };
        some_time_after(&held.recalled, patience).await;
    }

    /// A trial that ended on its way; none where it had not begun.
    pub(super) fn left(&self, place: Option<Place>) -> End {
        let progress = match place {
            None => "before it had begun".to_owned(),
            Some(Place { epoch, step, is_saved }) => {
                let kept = if is_saved {
                    "a checkpoint is kept"
                } else {
                    "without a checkpoint"
                };
                format!("after epoch {epoch}, step {step}; {kept}")
            }
        };
        self.given_back(&progress)
    }

    /// Work whose process is killed: it did not end by itself in time.
    pub(super) fn took_too_long(&self) -> End {
        self.given_back("on its way; a trial resumes from an earlier checkpoint, if there is one")
    }

    fn given_back(&self, progress: &str) -> End {
        let why = if self.stopping.is_cancelled() {
            "its worker was told to leave"
        } else {
            "the coordinator asked for it back"
        };
        End::GivenBack(Cause {
            kind: CauseKind::Preempted,
            detail: format!("given back, for {why}, {progress}"),
        })
    }

    /// Removes the checkpoints of the trial `name` if it is over; `is_over` where that is known. Other workers may be at it
    /// otherwise, or come to it.
    pub(super) async fn tidy(&self, name: &str, is_over: bool) {
        let Some(trial) = self.folder(name).filter(|trial| artifacts::checkpoints(trial).exists()) else {
            return;
        };
        if is_over || !self.stopping.is_cancelled() && self.coordinator.is_over(name).await {
            discard(&trial);
        }
    }

    /// Removes the checkpoints of trials that ended while no worker was here to hear of it.
    pub async fn tidy_all(&self) {
        let Some(root) = &self.artifacts else { return };
        for (name, trial) in artifacts::unfinished(root) {
            if self.coordinator.is_over(&name).await {
                info!("removes checkpoints, for their trial is over: {name}");
                discard(&trial);
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

/// Returns so long after `token` has fired, or after this call if that was later.
pub(super) async fn some_time_after(token: &CancellationToken, time: Duration) {
    token.cancelled().await;
    tokio::time::sleep(time).await;
}
