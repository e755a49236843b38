//! Coordinators and workers on this machine: real processes, and workers that invent what they hand in.

mod light;
mod process;

pub use light::LightWorker;
pub use process::{Coordinator, Process, Programs};
