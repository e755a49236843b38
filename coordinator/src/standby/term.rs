//! One time of leading: an engine on the store, from when it was free until it is given up or lost.

use crate::{
    clock::Clock,
    engine::{self, CoordinatorHandle, Settings},
    server::{EndError, LAST_CALLS},
    store::{self, Reader, Writer},
};
use std::sync::Arc;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

pub(super) struct Term {
    handle: CoordinatorHandle,
    reader: Reader,
    stopping: CancellationToken,
    stopped: CancellationToken,
    engine: JoinHandle<store::Result<()>>,
}

impl Term {
    /// Starts the engine. Its first look at the leases gives each a full term, for nobody could renew them meanwhile.
    pub fn begin(
        (writer, reader): (Writer, Reader),
        clock: Arc<dyn Clock>,
        settings: Settings,
        stopping: &CancellationToken,
    ) -> Self {
        let (stopping, stopped) = (stopping.child_token(), CancellationToken::new());
        let (handle, engine) = engine::start(
            writer,
            reader.clone(),
            clock,
            settings,
            stopping.clone(),
            stopped.clone(),
        );
        Self {
            handle,
            reader,
            stopping,
            stopped,
            engine,
        }
    }

    pub fn handle(&self) -> &CoordinatorHandle {
        &self.handle
    }

    /// Cancelled when it begins to end.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Ends when the engine does although nobody stopped it.
    pub async fn ended(&mut self) -> EndError {
        EndError::of_engine((&mut self.engine).await)
    }

    /// Lets go of what is left of a term that has ended: calls that wait or watch are told to go elsewhere.
    pub async fn abandon(self) {
        self.stopping.cancel();
        // Those who read from a server that can't be reached are not waited for.
        let _ = timeout(LAST_CALLS, self.reader.close()).await;
    }

    /// Ends it in order: what waits is written, and the store is free for the next one.
    pub async fn stop(self) -> Result<(), EndError> {
        self.stopping.cancel();
        self.stopped.cancel();
        let ended = self.engine.await?;
        let _ = timeout(LAST_CALLS, self.reader.close()).await;
        Ok(ended?)
    }
}
