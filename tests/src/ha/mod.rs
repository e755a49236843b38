//! `make ha-test`: two coordinators that take turns on one PostgreSQL store, light workers and a client that know both, and
//! faults that strike whichever leads, many times. Sweeps must come to the end that undisturbed ones come to, and each take-over
//! is timed.
//!
//! Server and coordinators are real processes on loopback ([`pair`]); workers and client are tasks of this one that speak the real
//! protocol ([`crew`], [`client`]). Coordinators reach the server through proxies, so that their connections can be cut.

mod client;
mod crew;
mod fault;
mod judge;
mod meter;
mod pair;
mod report;
mod run;
mod sweep;

pub use fault::Fault;
pub use report::{Report, TakeOver};
pub use run::run;

use std::{path::PathBuf, time::Duration};

/// How it is set up.
#[derive(Clone, Debug)]
pub struct Setting {
    /// How often each fault strikes.
    pub rounds: usize,
    /// Light workers, each of two slots.
    pub workers: usize,
    /// What an epoch takes, about; a trial has six.
    pub epoch: Duration,
    /// Logs of the coordinators.
    pub logs: PathBuf,
}
