//! Why a worker can't work with its coordinator: one sentence each.

use augur_channel::AccessError;
use thiserror::Error;

/// What keeps a worker from its coordinator.
#[derive(Debug, Error)]
pub enum LinkError {
    /// No address, or credentials that can't be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nobody answers.
    #[error("no coordinator answers at {url} ({fault}); {advice}")]
    Unreachable {
        /// The address.
        url: String,
        /// What the last try met.
        fault: String,
        /// What to do.
        advice: &'static str,
    },
    /// It speaks another API.
    #[error(
        "the coordinator at {url} speaks another API than this worker's {}: {fault}; use the same version of augur for both",
        augur_proto::API_VERSION
    )]
    ApiVersion {
        /// The address.
        url: String,
        /// What the coordinator says.
        fault: String,
    },
    /// It does not want this worker.
    #[error("the coordinator at {url} refuses this worker: {fault}; see its log")]
    Refused {
        /// The address.
        url: String,
        /// What the coordinator says.
        fault: String,
    },
}

/// What the system says, without Rust's "(os error 20)".
pub fn os_text(fault: &dyn std::fmt::Display) -> String {
    let text = fault.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
