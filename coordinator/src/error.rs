//! What the services can answer instead of a result, and the one table that says how each looks on the wire.

use crate::{
    safety::Denial,
    store::{Fault, FaultKind, StoreError},
};
use augur_core::{id::WorkerId, spec::SpecError, state::Refusal, sweep::SweepRefusal};
use augur_proto::{API_VERSION, Malformed};
use std::{collections::HashMap, sync::Arc, time::Duration};
use thiserror::Error;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The domain of every `google.rpc.ErrorInfo` of augur.
pub const ERROR_DOMAIN: &str = "augur";

/// The differences that are shown before the rest is only counted.
const SHOWN_DIFFERENCES: usize = 5;

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;

/// A call that was refused or failed.
#[derive(Debug, Error)]
pub enum Error {
    /// The spec has faults.
    #[error("the spec can't be used: {0}")]
    Spec(SpecError),
    /// Another spec has this name.
    #[error(
        "a sweep called {name} exists with another spec ({}); choose another `name`, or submit the spec as it was",
        summary(differences)
    )]
    SweepNameTaken {
        /// The name.
        name: String,
        /// `path: old -> new`.
        differences: Vec<String>,
    },
    /// The request identifier was used for something else.
    #[error("request_id {0} was used for another request; make a new one for each request")]
    RequestIdReused(String),
    /// Nothing has this name.
    #[error("there is no {what} {name} here; list what there is, or check the name and the coordinator's address")]
    NotFound {
        /// sweep, trial, group.
        what: &'static str,
        /// As it was asked for.
        name: String,
    },
    /// A field of the request can't be used.
    #[error("field `{field}` {problem}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A verb does not fit where a sweep stands.
    #[error("sweep {0} {1}")]
    SweepState(String, SweepRefusal),
    /// No trial has failed.
    #[error("sweep {0} has no failed trial; there is nothing to try again")]
    NothingFailed(String),
    /// The failed trials of a sweep have had their part in decisions that stand.
    #[error(
        "the {trials} failed trials of sweep {sweep} stay as they are: the choices of their groups are sealed, and labels may \
         have been read, or early stopping has ended others of their groups; submit the spec under another name, and what \
         was computed is reused"
    )]
    ChoiceSealed {
        /// Which.
        sweep: String,
        /// Failed ones.
        trials: usize,
    },
    /// The lease has ended or went to somebody else.
    #[error(transparent)]
    LeaseStale(#[from] Refusal),
    /// The worker has not registered, or has left.
    #[error("worker {0} is not registered here; call RegisterWorker again")]
    WorkerUnknown(WorkerId),
    /// The other side speaks another API.
    #[error(
        "the worker speaks {theirs:?} and this coordinator {API_VERSION:?}; install the same version of augur on both"
    )]
    ApiVersion {
        /// What it speaks.
        theirs: String,
    },
    /// A watch can't go on from there.
    #[error("revision {asked} is not known here (the newest is {newest}); watch again from revision 0")]
    RevisionUnknown {
        /// What was asked for.
        asked: u64,
        /// The newest.
        newest: i64,
    },
    /// A watcher does not read.
    #[error("nothing was read for {} seconds; watch again from the last revision that was read", .0.as_secs())]
    SlowReader(Duration),
    /// Another coordinator leads, or none does yet.
    #[error(
        "this coordinator stands by: {0}; name all coordinators with --coordinator, and the one that leads answers"
    )]
    NotLeader(String),
    /// The caller may not do this, or not now.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The coordinator is going down.
    #[error("the coordinator is stopping; try again when it is back")]
    Stopping,
    /// The store failed; nothing of the call was done.
    #[error("nothing was changed, for the store failed: {}", chain(.0.as_ref()))]
    Store(Arc<StoreError>),
    /// Another call of the same transaction met a fault of the store.
    #[error("nothing was changed, for the store failed: {}; try again", chain(.0.as_ref()))]
    Undone(Arc<StoreError>),
}

impl Error {
    /// The code, and the reason in `ErrorInfo`.
    fn code(&self) -> (Code, &'static str) {
        match self {
            Self::Spec(_) => (Code::InvalidArgument, "SPEC_INVALID"),
            Self::SweepNameTaken { .. } => (Code::AlreadyExists, "SWEEP_NAME_TAKEN"),
            Self::RequestIdReused(_) => (Code::InvalidArgument, "REQUEST_ID_REUSED"),
            Self::NotFound { .. } => (Code::NotFound, "NOT_FOUND"),
            Self::Invalid { .. } => (Code::InvalidArgument, "FIELD_INVALID"),
            Self::SweepState(_, refusal) => (
                Code::FailedPrecondition,
                match refusal {
                    SweepRefusal::Over(_) => "SWEEP_ENDED",
                    SweepRefusal::Cancelled => "SWEEP_CANCELLED",
                    SweepRefusal::NotPaused => "SWEEP_NOT_PAUSED",
                },
            ),
            Self::NothingFailed(_) => (Code::FailedPrecondition, "NOTHING_FAILED"),
            Self::ChoiceSealed { .. } => (Code::FailedPrecondition, "CHOICE_SEALED"),
            Self::LeaseStale(_) => (Code::Aborted, "LEASE_STALE"),
            Self::WorkerUnknown(_) => (Code::FailedPrecondition, "WORKER_UNKNOWN"),
            Self::ApiVersion { .. } => (Code::FailedPrecondition, "API_VERSION"),
            Self::RevisionUnknown { .. } => (Code::OutOfRange, "REVISION_UNKNOWN"),
            Self::SlowReader(_) => (Code::ResourceExhausted, "SLOW_READER"),
            Self::NotLeader(_) => (Code::Unavailable, "NOT_LEADER"),
            Self::Denied(denial) => denied(denial),
            Self::Stopping => (Code::Unavailable, "STOPPING"),
            Self::Store(error) => match **error {
                StoreError::Damaged(_) => (Code::DataLoss, "STORE_DAMAGED"),
                StoreError::Database(Fault {
                    kind: FaultKind::Corrupt,
                    ..
                }) => (Code::DataLoss, "STORE_DAMAGED"),
                StoreError::Database(_) | StoreError::Conflict(_) => (Code::Unavailable, "STORE_FAILED"),
                StoreError::NulInText => (Code::InvalidArgument, "FIELD_INVALID"),
            },
            Self::Undone(_) => (Code::Unavailable, "STORE_FAILED"),
        }
    }

    /// How long to wait before another try, where that is known.
    fn wait(&self) -> Option<Duration> {
        match self {
            Self::Denied(Denial::TooManyCalls(_, wait)) => Some(*wait),
            Self::Denied(Denial::TooManyStreams(..)) | Self::SlowReader(_) => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    fn violations(&self) -> Vec<FieldViolation> {
        match self {
            Self::Spec(error) => {
                let violation = |fault: &augur_core::spec::Fault| {
                    let place = fault
                        .position
                        .map(|(line, column)| format!("line {line}, column {column}: "));
                    FieldViolation::new(
                        fault.path.clone(),
                        format!("{}{}", place.unwrap_or_default(), fault.message),
                    )
                };
                error.faults.iter().map(violation).collect()
            }
            Self::Invalid { field, problem } => vec![FieldViolation::new(*field, problem.clone())],
            _ => Vec::new(),
        }
    }
}

/// The part of the table that is about callers.
pub(crate) fn denied(denial: &Denial) -> (Code, &'static str) {
    match denial {
        Denial::TokenMissing => (Code::Unauthenticated, "TOKEN_MISSING"),
        Denial::TokenUnknown => (Code::Unauthenticated, "TOKEN_UNKNOWN"),
        Denial::TokenExpired(_) => (Code::Unauthenticated, "TOKEN_EXPIRED"),
        Denial::RoleLacking { .. } => (Code::PermissionDenied, "ROLE_LACKING"),
        Denial::RpcUnknown => (Code::Unimplemented, "RPC_UNKNOWN"),
        Denial::TooManyCalls(..) => (Code::ResourceExhausted, "TOO_MANY_CALLS"),
        Denial::TooManyStreams(..) => (Code::ResourceExhausted, "TOO_MANY_STREAMS"),
        Denial::Deadline(_) => (Code::DeadlineExceeded, "DEADLINE"),
        // Not RESOURCE_EXHAUSTED: to try again is no use.
        Denial::RequestTooLarge { .. } => (Code::OutOfRange, "REQUEST_TOO_LARGE"),
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, reason) = error.code();
        let mut details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, HashMap::new());
        let violations = error.violations();
        if !violations.is_empty() {
            details.set_bad_request(violations);
        }
        if let Some(wait) = error.wait() {
            details.set_retry_info(Some(wait));
        }
        let is_trouble = code == Code::Unavailable || code == Code::DataLoss;
        if is_trouble && !matches!(error, Error::NotLeader(_)) {
            tracing::warn!(reason, "{error}");
        }
        Self::with_error_details(code, error.to_string(), details)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Invalid {
            field: malformed.field,
            problem: malformed.problem.to_owned(),
        }
    }
}

fn summary(differences: &[String]) -> String {
    let mut text = differences[..differences.len().min(SHOWN_DIFFERENCES)].join(", ");
    if differences.len() > SHOWN_DIFFERENCES {
        text.push_str(&format!(", and {} more", differences.len() - SHOWN_DIFFERENCES));
    }
    text
}

/// An error with everything beneath it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        // Some libraries repeat their source in their own text.
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = error.source();
    }
    text
}
