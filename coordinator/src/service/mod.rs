//! The gRPC services: they read requests, submit commands or read the store, and write answers. No decisions here.

mod curves;
mod filter;
mod leaderboard;
mod lists;
mod names;
mod paging;
mod present;
mod results;
mod scatter;
mod sweeps;
mod tasks;
mod verbs;
mod watch;
mod work;
mod workers;

pub(crate) use sweeps::Sweeps;
pub(crate) use workers::Workers;

use crate::error::{Error, Result};

/// A field that must be an identifier.
fn identifier<T: std::str::FromStr>(text: &str, field: &'static str) -> Result<T> {
    text.parse().map_err(|_| Error::Invalid {
        field,
        problem: format!("is {text:?}, which is not a UUID"),
    })
}
