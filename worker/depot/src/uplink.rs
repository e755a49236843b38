//! The way up to a store, which all that is put shares: a few parts are on it at a time, so that each has landed in time.

use crate::patience::Watch;
use std::{pin::pin, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Parts on their way at a time, of all files together.
pub(crate) const AT_A_TIME: usize = 4;

/// Who waits for a turn, and what has landed meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Uplink {
    turns: Arc<Semaphore>,
    landed: watch::Sender<()>,
}

impl Uplink {
    pub fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
            landed: watch::Sender::new(()),
        }
    }

    /// A turn to put a part, which lasts as long as what is given. The wait counts as idle only while nobody's parts land: a slow
    /// network keeps everybody in their patience, and a silent store nobody.
    pub async fn turn(&self, watch: &Watch) -> Option<OwnedSemaphorePermit> {
        let mut landed = self.landed.subscribe();
        let mut turn = pin!(Arc::clone(&self.turns).acquire_owned());
        loop {
            tokio::select! {
                biased;
                turn = &mut turn => {
                    watch.moves();
                    // None of a semaphore that is closed, which this one never is.
                    return turn.ok();
                }
                Ok(()) = landed.changed() => watch.moves(),
            }
        }
    }

    /// A part has landed.
    pub fn landed(&self) {
        self.landed.send_replace(());
    }
}
