//! `make crash-matrix`: a coordinator that is disturbed at one persistence step of a script must come to the end that an
//! undisturbed one comes to, for each step and each way to be disturbed.
//!
//! The coordinator is a child process (`child`) that runs the real one from the library, with a clock that is moved by hand, so
//! that the number of its steps is a function of the script (`script`). A driver (`host`, `calls`) plays the script over real
//! gRPC, repeats each call until it is acknowledged, and starts the coordinator again when it has died.

mod calls;
pub mod child;
mod digest;
mod host;
pub mod postgres;
mod report;
mod run;
mod script;
mod stores;
mod worker;

pub use digest::Digest;
pub use postgres::Server;
pub use report::{Cell, Report};
pub use run::{Calm, Run, calm, disturbed};
pub use stores::{Kind, Place, Stores};

use clap::ValueEnum;
use serde::Serialize;

/// How a run is disturbed at its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The process is killed right before the step
    StopBefore,
    /// The process is killed right after the step
    StopAfter,
    /// The step fails and is not done
    Fails,
    /// The step is done and reported as failed, so that its command comes twice
    AnswerLost,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::StopBefore, Self::StopAfter, Self::Fails, Self::AnswerLost];

    /// As it is given on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::StopBefore => "stop-before",
            Self::StopAfter => "stop-after",
            Self::Fails => "fails",
            Self::AnswerLost => "answer-lost",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::StopBefore => "stopped before the step",
            Self::StopAfter => "stopped after the step",
            Self::Fails => "the step fails once",
            Self::AnswerLost => "the step is done, its answer lost: it happens twice",
        }
    }
}

/// A disturbance: one step, one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// How.
    pub mode: Mode,
    /// At which persistence step, from 1.
    pub step: u64,
}
