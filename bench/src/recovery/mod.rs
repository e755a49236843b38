//! How long a sweep takes to go on after a SIGKILL: of a worker, until its trial runs elsewhere; of the coordinator, until it
//! gives the next lease.

mod coordinator;
mod worker;

pub use coordinator::{AfterCoordinator, Load, measure as after_coordinator};
pub use worker::{AfterWorker, measure as after_worker};
