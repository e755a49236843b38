//! `augur-link`: what passes between a worker and its coordinator: registering, leases, heartbeats and their orders,
//! measurements, handing in, leaving in order. What is done under a lease is somebody else's ([`Work`]), and so is how the
//! coordinator is reached: the worker runs trials over TCP, the simulation invents them on a network of its own.

mod coordinator;
mod error;
mod job;
mod leases;
mod life;
mod report;
mod reporter;
mod spool;
mod story;
mod tally;
mod work;

pub use coordinator::Coordinator;
pub use error::{LinkError, os_text};
pub use leases::Held;
pub use life::Link;
pub use reporter::Reporter;
pub use tally::{Ended, Tally};
pub use work::{CHECKPOINT, End, Work};
