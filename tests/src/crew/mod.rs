//! A crew of real processes: a coordinator, workers, and between them connections that can be disturbed.

pub mod api;
mod coordinator;
mod invariants;
mod program;
mod proxy;
mod worker;

pub use coordinator::Coordinator;
pub use invariants::violations;
pub use program::Program;
pub use proxy::{Proxy, Weather};
pub use worker::Worker;
