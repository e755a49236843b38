//! The gRPC API `augur.v1`: generated code, descriptors for reflection, and conversions from and to `augur_core`.

mod convert;

/// The generated messages, clients and servers.
pub mod v1 {
    #![allow(missing_docs, clippy::all, clippy::unwrap_used)]
    tonic::include_proto!("augur.v1");

    /// The encoded file descriptors, for the reflection service.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/augur.bin"));
}

pub use convert::{Malformed, to_timestamp};

/// The API that this build speaks; a coordinator refuses a worker that names another.
pub const API_VERSION: &str = "augur.v1/3";
