//! Why a worker can't work: one sentence each, and an exit code.

use augur_depot::DepotError;
use augur_link::{LinkError, os_text};
use augur_watching::traces::TraceError;
use std::{net::SocketAddr, path::PathBuf};
use thiserror::Error;

/// What ends a worker.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The coordinator, or the way to it.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A store for artifacts or data sets.
    #[error(transparent)]
    Depot(#[from] DepotError),
    /// The folder for logs.
    #[error("can't write the folder {} for logs: {}; give another `--log-dir DIR`", path.display(), os_text(fault))]
    LogDir {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        fault: std::io::Error,
    },
    /// A folder in which data has to lie.
    #[error("can't use {} as a root of data: {}; give a folder that is there as `--data-root DIR`", path.display(), os_text(fault))]
    DataRoot {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        fault: std::io::Error,
    },
    /// The metrics.
    #[error(
        "the metrics can't be served on {address}: {}; give another `--metrics ADDRESS` (port 0: any)",
        os_text(fault)
    )]
    Metrics {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        fault: std::io::Error,
    },
    /// The collector's address.
    #[error(transparent)]
    Traces(#[from] TraceError),
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
            Self::System { .. } | Self::Link(LinkError::Refused { .. }) => 1,
            Self::Metrics { fault, .. } if fault.kind() == std::io::ErrorKind::AddrInUse => 6,
            Self::Metrics { .. } => 1,
            Self::Link(LinkError::Unreachable { .. }) | Self::Depot(DepotError::Away { .. }) => 7,
            Self::Link(LinkError::Access(_)) | Self::Traces(_) | Self::Depot(_) => 2,
            Self::LogDir { .. } | Self::DataRoot { .. } => 5,
            Self::Link(LinkError::ApiVersion { .. }) => 8,
        }
    }
}
