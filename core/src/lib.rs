//! The decisions of augur, without input or output: what a sweep is, which trials it has, what may happen to them,
//! which configuration is selected. Everything here is a function of its arguments; time and randomness included.

pub mod breaker;
pub mod cost;
pub mod draws;
pub mod halving;
pub mod id;
pub mod invariants;
pub mod leaderboard;
pub mod measure;
pub mod memory;
pub mod model;
pub mod outcome;
pub mod picture;
pub mod plan;
pub mod select;
pub mod selectors;
pub mod spec;
pub mod state;
pub mod sweep;
pub mod time;
