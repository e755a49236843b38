//! `make sim`: a coordinator, workers and a client on a simulated network in simulated time (turmoil), all of it in one thread.
//!
//! Coordinator and workers run the code that they run in the world: engine, services, gRPC, leases, heartbeats, spool, leaving
//! in order. Only the work is invented ([`light`]), the network is turmoil's ([`network`]) and the store is in memory. A run is
//! a function of its seed ([`plan`]), in a process of its own ([`processes`]).

mod client;
mod coordinator;
pub(crate) mod light;
mod network;
mod plan;
mod processes;
mod report;
mod run;
mod spec;
mod trace;
mod weather;
mod worker;

pub use plan::{Kind, Plan};
pub use processes::each;
pub use report::Report;
pub use run::{Failure, Run, run};
