//! The coordinator over real gRPC, on a store of every kind. One program: each further one would link all of it again.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod absence;
mod binary;
mod deadlines;
mod disk;
mod early_stopping;
mod interleavings;
mod leases;
mod lists;
mod page;
mod pictures;
mod reuse;
mod safety;
mod server;
mod standby;
mod steps;
mod stores;
mod submit;
mod support;
mod sweep;
mod verbs;
mod watch;
mod watching;
