//! `augur-worker`: a process that leases trials from a coordinator and runs each in a child process.
//!
//! The main process speaks gRPC and never runs libtorch; each slot has one child, so that a crash inside libtorch is a
//! failed attempt and not a lost worker. What it says to the coordinator is `augur-link`. Labels are read in [`evaluate`] and nowhere else, after the choice is sealed.

pub mod artifacts;
pub mod doctor;
pub mod error;
pub mod evaluate;
pub mod model;
pub mod options;
mod packing;
pub mod preview;
mod roots;
pub mod slot;
pub mod stores;
pub mod worker;

mod job;
pub mod shutdown;
