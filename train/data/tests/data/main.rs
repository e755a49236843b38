//! augur-data as its users see it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cache;
mod cifar;
mod elpv;
mod elpv_labels;
mod errors;
mod fashion_mnist;
mod fixture;
mod folder;
mod idx;
mod idx_half;
mod mat5;
mod sets;
mod task;
