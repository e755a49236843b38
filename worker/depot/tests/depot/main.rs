//! A depot on a real server that speaks S3, by way of a proxy that cuts, refuses and delays.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod cache;
mod faults;
mod mirror;
mod moto;
mod proxy;
mod transfer;
