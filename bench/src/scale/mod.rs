//! How much a coordinator bears: trials per second beside Optuna and Ray Tune, a thousand connected workers, a million trials
//! in a store, and where it saturates.
//!
//! The coordinator is the real program on a real store. Workers are light ones: they speak the real API over real sockets, a
//! connection each, in a process of their own ([`load`]), and hand in at once what they invented.

mod account;
pub mod connected;
mod database;
pub mod durable;
pub mod load;
mod machine;
pub mod million;
mod parent;
pub mod report;
pub mod saturation;
pub mod sizes;
mod submit;
mod usage;

pub use database::{Database, Kind};
pub use machine::machine;

use std::path::PathBuf;

use crate::local::Programs;

/// What every part is told.
pub struct Setup {
    pub programs: Programs,
    pub augur: PathBuf,
    /// Of the venv with Optuna and Ray.
    pub python: PathBuf,
    /// The scripts of the others' sides.
    pub peers: PathBuf,
    /// Where stores are put.
    pub folder: PathBuf,
    /// What keeps the stores.
    pub kind: Kind,
}

/// The quantiles that are reported, of times in milliseconds.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Latency {
    pub samples: usize,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Latency {
    /// Of any number of times.
    pub fn of(times: &[f64]) -> Self {
        let mut sorted = times.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self {
            samples: sorted.len(),
            p50: at(0.5),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

impl std::fmt::Display for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:.2} / {:.2} / {:.1}", self.p50, self.p99, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let times: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let latency = Latency::of(&times);
        assert_eq!((latency.p50, latency.p99, latency.max), (50.0, 99.0, 100.0));
        assert_eq!(Latency::of(&[]).max, 0.0);
    }
}
