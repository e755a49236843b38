//! What a coordinator answers, as a failure. The one file of the command that names `tonic::Code`.

use super::{Complaint, Exit, Failure};
use augur_channel::Obstacle;
use std::error::Error;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const START_ONE: &str = "start one with `augur-coordinator`, or name another with --coordinator";

/// A refused or failed call. `url` is the coordinator's.
pub fn from_status(status: &Status, url: &str) -> Failure {
    let violations = status
        .get_error_details()
        .bad_request()
        .map(|bad| bad.field_violations.clone());
    match status.code() {
        Code::InvalidArgument => match violations {
            Some(violations) if !violations.is_empty() => Failure {
                exit: Exit::BadConfig,
                faults: violations
                    .into_iter()
                    .map(|v| named(&v.field, &v.description))
                    .collect(),
            },
            _ => Failure::new(Exit::BadConfig, status.message()),
        },
        Code::NotFound => Failure::new(Exit::NotFound, status.message()),
        Code::AlreadyExists => Failure::new(Exit::OtherSweep, status.message()),
        Code::Unimplemented => other_api(url, "does not know a call of this build"),
        _ if is_unanswered(status) => unreachable(url, status, START_ONE),
        Code::Ok
        | Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::DataLoss
        | Code::Unauthenticated => Failure::new(
            Exit::Unexpected,
            format!("the coordinator at {url} answered: {}", status.message()),
        ),
    }
}

/// A first call that failed: what may be in the way of a coordinator that is there is said, too.
pub fn from_first(status: &Status, url: &str) -> Failure {
    match Obstacle::of(status) {
        Some(obstacle) if is_unanswered(status) => unreachable(url, status, obstacle.advice(url)),
        _ => from_status(status, url),
    }
}

/// Whether no coordinator said this: it would give its own reason, and what came over the network has no source.
fn is_unanswered(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded => status.get_error_details().error_info().is_none(),
        Code::Unknown | Code::Internal | Code::Cancelled => status.source().is_some(),
        _ => false,
    }
}

/// Whether the same call may do better in a moment.
pub(crate) fn is_transient(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled | Code::ResourceExhausted
    )
}

/// Whether the revision that a watcher names is no longer kept: it begins anew with a snapshot.
pub(crate) fn is_compacted(status: &Status) -> bool {
    status.code() == Code::OutOfRange
}

/// Whether a server does not know a call at all.
pub(crate) fn is_unimplemented(status: &Status) -> bool {
    status.code() == Code::Unimplemented
}

/// Nobody answers at `url`.
fn unreachable(url: &str, status: &Status, advice: &str) -> Failure {
    let cause = augur_channel::cause(status);
    Failure::new(
        Exit::Unreachable,
        format!("can't reach a coordinator at {url}: {cause}; {advice}"),
    )
}

/// Somebody answers at `url` who does not speak our API.
pub(crate) fn other_api(url: &str, does: &str) -> Failure {
    Failure::new(
        Exit::OtherApi,
        format!(
            "the server at {url} {does}, this command speaks {}; check the address, or use the `augur` of the \
             coordinator's version",
            augur_proto::API_VERSION
        ),
    )
}

fn named(field: &str, description: &str) -> Complaint {
    Complaint {
        message: match field {
            "" => description.to_owned(),
            // What people have is a file.
            "spec_yaml" => format!("the config {description}"),
            field => format!("`{field}`: {description}"),
        },
        excerpt: None,
        help: None,
    }
}
