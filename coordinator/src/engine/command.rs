//! A command: what the engine does in one savepoint, with the place where its caller waits for the answer.

use super::context::Cx;
use crate::{
    error::{Error, Result},
    store::StoreError,
};
use std::{future::Future, pin::Pin, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// Something that changes the store.
pub(crate) trait Command: Send + 'static {
    /// What the caller gets once it is on disk.
    type Answer: Send + 'static;

    /// Does it. After an error nothing of it stays.
    fn apply(self, cx: &mut Cx<'_>) -> impl Future<Output = Result<Self::Answer>> + Send;
}

/// What becomes of a command's savepoint.
pub(super) enum Verdict {
    Keep,
    Undo,
    /// The database itself failed: the whole batch is undone.
    Abort(Arc<StoreError>),
}

/// A command of any kind in the queue.
pub(super) trait Queued: Send {
    fn apply<'a>(&'a mut self, cx: &'a mut Cx<'_>) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;
    /// Answers the caller; `failed` says why the batch was undone, if it was.
    fn answer(self: Box<Self>, failed: Option<&Arc<StoreError>>);
}

/// Where commands arrive.
pub(super) type Queue = mpsc::Receiver<Box<dyn Queued>>;

/// A command on its way.
pub(super) struct Waiting<C: Command> {
    command: Option<C>,
    answer: Result<C::Answer>,
    caller: Option<oneshot::Sender<Result<C::Answer>>>,
}

impl<C: Command> Waiting<C> {
    /// A command and where its answer will arrive.
    pub fn new(command: C) -> (Self, oneshot::Receiver<Result<C::Answer>>) {
        let (caller, answer) = oneshot::channel();
        let waiting = Self {
            caller: Some(caller),
            ..Self::unanswered(command)
        };
        (waiting, answer)
    }

    /// A command of the engine itself.
    pub fn unanswered(command: C) -> Self {
        Self {
            command: Some(command),
            answer: Err(Error::Stopping),
            caller: None,
        }
    }
}

impl<C: Command> Queued for Waiting<C> {
    fn apply<'a>(&'a mut self, cx: &'a mut Cx<'_>) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
        Box::pin(async move {
            let Some(command) = self.command.take() else {
                return Verdict::Undo;
            };
            self.answer = command.apply(cx).await;
            match &self.answer {
                Ok(_) => Verdict::Keep,
                Err(Error::Store(error)) if matches!(**error, StoreError::Database(_)) => {
                    Verdict::Abort(Arc::clone(error))
                }
                Err(_) => Verdict::Undo,
            }
        })
    }

    fn answer(self: Box<Self>, failed: Option<&Arc<StoreError>>) {
        let answer = match (failed, self.answer) {
            (None, answer) => answer,
            // The one that met the fault says which it is; the others may well succeed when they are tried again.
            (Some(error), Err(Error::Store(own))) if Arc::ptr_eq(error, &own) => Err(Error::Store(own)),
            (Some(error), _) => Err(Error::Undone(Arc::clone(error))),
        };
        match self.caller {
            // A caller that has gone away does not want the answer.
            Some(caller) => drop(caller.send(answer)),
            // Of a batch that was undone the engine tells.
            None => {
                if let (Err(error), None) = (answer, failed) {
                    tracing::error!("{error}");
                }
            }
        }
    }
}
