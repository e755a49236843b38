//! The page for browsers: over real HTTP, and in a real browser.

mod aggregates;
mod browser;
mod chromium;
mod fill;
mod http;
mod log;
mod program;
pub mod web;
