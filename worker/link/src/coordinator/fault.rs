//! What a failed call means to the worker. The only place that reads status codes.

use augur_channel::Obstacle;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// The lease is stale: drop its work.
    Stale,
    /// The coordinator does not know this worker, or no longer: register.
    WorkerUnknown,
    /// It speaks another API.
    ApiVersion(String),
    /// It can't answer now: try again. With what may be in the way.
    Away(String, Option<Obstacle>),
    /// It does not take the token, or not for this. Tokens are replaced, so later it may.
    Denied(String),
    /// It won't take this, now or later.
    Refused(String),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        let info = status.get_details_error_info();
        match info.as_ref().map(|info| info.reason.as_str()) {
            Some("LEASE_STALE") => return Self::Stale,
            Some("WORKER_UNKNOWN") => return Self::WorkerUnknown,
            Some("API_VERSION") => return Self::ApiVersion(status.message().to_owned()),
            _ => {}
        }
        match status.code() {
            Code::Aborted => Self::Stale,
            // A server of other services, or of an API that lacks this call.
            Code::Unimplemented => Self::ApiVersion(describe(&status)),
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unknown
            | Code::Internal
            | Code::ResourceExhausted => Self::Away(describe(&status), Obstacle::of(&status)),
            Code::Unauthenticated | Code::PermissionDenied => Self::Denied(describe(&status)),
            Code::Ok
            | Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::FailedPrecondition
            | Code::OutOfRange
            // A damaged store stays damaged.
            | Code::DataLoss => Self::Refused(describe(&status)),
        }
    }
}

/// What it says; where nobody answered, why.
fn describe(status: &Status) -> String {
    std::error::Error::source(status).map_or_else(|| status.message().to_owned(), augur_channel::cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tonic_types::ErrorDetails;

    fn fault(code: Code, reason: &str) -> Fault {
        let details = ErrorDetails::with_error_info(reason, "augur", HashMap::new());
        Status::with_error_details(code, "what it says", details).into()
    }

    #[test]
    fn the_reason_decides_before_the_code() {
        assert!(matches!(fault(Code::Aborted, "LEASE_STALE"), Fault::Stale));
        assert!(matches!(fault(Code::NotFound, "WORKER_UNKNOWN"), Fault::WorkerUnknown));
        assert!(
            matches!(fault(Code::FailedPrecondition, "API_VERSION"), Fault::ApiVersion(said) if said == "what it says")
        );
        assert!(matches!(Fault::from(Status::unavailable("gone")), Fault::Away(said, None) if said == "gone"));
        assert!(matches!(fault(Code::Unauthenticated, "TOKEN_EXPIRED"), Fault::Denied(said) if said == "what it says"));
        assert!(matches!(
            fault(Code::PermissionDenied, "ROLE_LACKING"),
            Fault::Denied(_)
        ));
        assert!(matches!(Fault::from(Status::invalid_argument("no")), Fault::Refused(said) if said == "no"));
    }
}
