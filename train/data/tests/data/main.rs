//! augur-data as its users see it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod errors;
mod fashion_mnist;
mod fixture;
mod folder;
mod idx;
mod task;
