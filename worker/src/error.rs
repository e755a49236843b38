//! Why a worker can't work: one sentence each, and an exit code.

use std::path::PathBuf;
use thiserror::Error;

/// What ends a worker.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// No address.
    #[error("`--coordinator {url}` is no address; write one such as http://127.0.0.1:7461")]
    Address {
        /// What was given.
        url: String,
    },
    /// Nobody answers.
    #[error(
        "no coordinator answers at {url} ({fault}); start one with `augur-coordinator`, or give another `--coordinator URL`"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What the last try met.
        fault: String,
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
    /// The folder for logs.
    #[error("can't write the folder {} for logs: {}; give another `--log-dir DIR`", path.display(), os_text(fault))]
    LogDir {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        fault: std::io::Error,
    },
    /// The system refuses something that every worker needs.
    #[error("can't {what}: {}", os_text(fault))]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        fault: std::io::Error,
    },
}

impl WorkerError {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::System { .. } | Self::Refused { .. } => 1,
            Self::Address { .. } => 2,
            Self::LogDir { .. } => 5,
            Self::Unreachable { .. } => 7,
            Self::ApiVersion { .. } => 8,
        }
    }
}

/// What the system says, without Rust's "(os error 20)".
pub(crate) fn os_text(fault: &dyn std::fmt::Display) -> String {
    let text = fault.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
