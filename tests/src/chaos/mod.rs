//! `make chaos`: a sweep of real processes, undisturbed and then with faults at random moments, must come to the same end.

mod fault;
mod report;
mod run;
mod strike;
mod sweep;
pub(crate) mod tally;

pub use fault::{Fault, Kind, plan};
pub use report::{Comparison, Report};
pub use run::{Run, run};
pub use sweep::Variant;

use serde::Serialize;
use std::time::Duration;

/// How a crew is set up.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Setting {
    /// Workers, each of one slot.
    pub workers: usize,
    /// How long a lease lasts, seconds.
    pub lease_s: f64,
}

impl Setting {
    /// How long a lease lasts.
    pub fn lease(&self) -> Duration {
        Duration::from_secs_f64(self.lease_s)
    }
}
