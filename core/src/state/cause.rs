//! Why an attempt ended without a result, and what that means for the next one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an attempt ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The kind, which decides on retries.
    pub kind: CauseKind,
    /// One line for people: signal, exit code, last lines of the log.
    pub detail: String,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// The kinds of cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// The lease ended without a word from the worker.
    WorkerLost,
    /// The process that ran it died (signal or exit code).
    Crashed,
    /// Memory ran out, although it ran alone.
    OutOfMemory,
    /// The data can't be read, or isn't what the spec says.
    BadData,
    /// NaN or infinity.
    Numerical,
    /// The worker gave the lease back: it is stopping, was told to, or has no room beside other trials.
    #[serde(alias = "released")]
    Preempted,
    /// Its sweep was cancelled while it ran.
    Cancelled,
    /// It reported no new epoch for too long.
    Deadline,
}

impl CauseKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::WorkerLost,
        Self::Crashed,
        Self::OutOfMemory,
        Self::BadData,
        Self::Numerical,
        Self::Preempted,
        Self::Cancelled,
        Self::Deadline,
    ];

    /// Whether it counts against the attempts of the trial.
    pub fn is_charged(self) -> bool {
        match self {
            Self::WorkerLost | Self::Crashed | Self::OutOfMemory | Self::BadData | Self::Numerical | Self::Deadline => {
                true
            }
            Self::Preempted | Self::Cancelled => false,
        }
    }

    /// Whether another attempt may do better. The same inputs give the same numbers and the same files again.
    pub fn is_retried(self) -> bool {
        match self {
            Self::WorkerLost | Self::Crashed | Self::OutOfMemory | Self::Preempted | Self::Deadline => true,
            Self::BadData | Self::Numerical | Self::Cancelled => false,
        }
    }

    /// Whether it says something of the trial, and not of the machine that ran it: the same one again and again means that the
    /// spec, the data or the code is at fault.
    pub fn is_of_the_trial(self) -> bool {
        match self {
            Self::Crashed | Self::OutOfMemory | Self::BadData | Self::Numerical | Self::Deadline => true,
            Self::WorkerLost | Self::Preempted | Self::Cancelled => false,
        }
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WorkerLost => "worker lost",
            Self::Crashed => "crashed",
            Self::OutOfMemory => "out of memory",
            Self::BadData => "bad data",
            Self::Numerical => "numerical failure",
            Self::Preempted => "pre-empted",
            Self::Cancelled => "cancelled",
            Self::Deadline => "deadline",
        })
    }
}
