//! The coordinator of augur: it keeps the sweeps, leases trials to workers, and selects.
//!
//! `safety` (who may call) -> `page` (HTTP, read only) -> `service` (gRPC) -> `engine` (one task that writes; group commit) -> `store` (the only SQL; SQLite, PostgreSQL or memory). The decisions
//! are those of `augur_core`; here they are given the moment and their effects are written down.

pub mod clock;
mod engine;
mod error;
mod halving;
pub mod maintenance;
mod page;
pub mod safety;
mod server;
mod service;
mod standby;
mod store;
mod watching;

pub use engine::{CoordinatorHandle, Counters, Settings};
pub use error::{ERROR_DOMAIN, Error};
pub use safety::{Safety, SafetyError};
pub use server::{Config, Coordinator, EndError, MetricsError, PageError, StartError};
pub use standby::{Served, Standby};
pub use store::{
    BadLocation, Fate, Fault, FaultKind, Location, Memory, Observer, OpenError, Step, StoreError, TransferError,
    Violation,
};
