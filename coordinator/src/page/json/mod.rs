//! What the API says, as JSON for browsers: the same fields, times in milliseconds since the Unix epoch, states in lower case,
//! and seeds as text, since a number of JavaScript has no 64 bits. What is not finite is null.

mod charts;
mod log;
mod results;
mod sweep;
mod trial;
mod worker;

pub(super) use charts::{Curves, Scatter};
pub(super) use log::Log;
pub(super) use results::Result;
pub(super) use sweep::{Coordinator, Sweep, TaskProgress, WholeSweep};
pub(super) use trial::{Trial, WholeTrial};
pub(super) use worker::Worker;

use prost_types::Timestamp;
use serde::Serialize;

/// A page of a list.
#[derive(Serialize)]
pub(super) struct Listed<T> {
    items: Vec<T>,
    /// Empty on the last page.
    next_page_token: String,
}

impl<T> Listed<T> {
    pub fn new<M: Into<T>>(items: Vec<M>, next_page_token: String) -> Self {
        Self {
            items: items.into_iter().map(Into::into).collect(),
            next_page_token,
        }
    }
}

/// Milliseconds since the Unix epoch.
fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(|time| time.seconds * 1000 + i64::from(time.nanos) / 1_000_000)
}

/// A state by its name without what all of its kind begin with.
fn state(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase()
}

/// The last part of a resource name.
fn last_part(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}
