//! The life of a job (a trial or an evaluation): one total transition function for the live path and for recovery.
//!
//! A lease is fenced by its token: whoever reports with another token is stale and changes nothing.

use crate::{
    id::{LeaseToken, WorkerId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for a worker.
    Pending(Tally),
    /// A worker has it until the lease ends.
    Leased(Lease),
    /// Its result is stored.
    Completed {
        /// The attempt that completed it, from 1.
        attempt: u32,
        /// The lease under which it did; the same report again is answered as before.
        token: LeaseToken,
    },
    /// No attempt is left, or none would help.
    Failed {
        /// The last attempt, from 1.
        attempt: u32,
        /// Why it failed.
        cause: Cause,
    },
    /// The sweep was cancelled first.
    Cancelled,
    /// Early stopping ended it.
    Stopped {
        /// The last attempt, from 1.
        attempt: u32,
        /// The rung at which it fell behind.
        epoch: u32,
    },
}

/// The attempts of a job so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Attempts begun. Grows with every lease, so the next attempt's number is a fencing epoch.
    pub begun: u32,
    /// Attempts that count against [`RetryPolicy::max_attempts`].
    pub charged: u32,
}

/// A job in a worker's hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Attempts so far, this one included.
    pub tally: Tally,
    /// Who has it.
    pub worker: WorkerId,
    /// The fencing token.
    pub token: LeaseToken,
    /// When it ends unless renewed.
    pub expires: Timestamp,
}

impl Lease {
    /// The number of this attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.tally.begun
    }

    /// The cause of its end when nobody renews it.
    pub fn lost(&self) -> Cause {
        Cause {
            kind: CauseKind::WorkerLost,
            detail: format!("no word from worker {} before its lease ended", self.worker),
        }
    }
}

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
    /// Memory ran out.
    OutOfMemory,
    /// The data can't be read, or isn't what the spec says.
    BadData,
    /// NaN or infinity.
    Numerical,
    /// The worker gave the lease back: it is stopping or was pre-empted.
    Released,
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WorkerLost => "worker lost",
            Self::Crashed => "crashed",
            Self::OutOfMemory => "out of memory",
            Self::BadData => "bad data",
            Self::Numerical => "numerical failure",
            Self::Released => "given back",
        })
    }
}

/// What happens after a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// Attempts that may fail before the job does, 1 to 100.
    pub max_attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_attempts: 3 }
    }
}

/// Whether a cause counts against the attempts, and whether another attempt can help.
fn verdict(kind: CauseKind) -> (bool, bool) {
    match kind {
        CauseKind::WorkerLost | CauseKind::Crashed | CauseKind::OutOfMemory => (true, true),
        // The same inputs give the same numbers and the same files again.
        CauseKind::Numerical | CauseKind::BadData => (true, false),
        CauseKind::Released => (false, true),
    }
}

/// What may happen to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// A worker takes it.
    Acquire {
        /// Who.
        worker: WorkerId,
        /// The new lease's token.
        token: LeaseToken,
        /// The new lease's end.
        expires: Timestamp,
    },
    /// The worker still has it.
    Renew {
        /// The lease.
        token: LeaseToken,
        /// Its new end.
        expires: Timestamp,
    },
    /// The worker hands in the result.
    Complete {
        /// The lease.
        token: LeaseToken,
    },
    /// The worker's attempt came to nothing.
    Fail {
        /// The lease.
        token: LeaseToken,
        /// Why.
        cause: Cause,
    },
    /// The clock looks at it.
    Tick {
        /// The moment.
        now: Timestamp,
    },
    /// The sweep is cancelled.
    Cancel,
    /// Early stopping has decided that it goes no further than a rung.
    Stop {
        /// The rung.
        epoch: u32,
    },
}

/// The answer to an event that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The job moves to this state.
    To(JobState),
    /// Nothing changes: the event had happened already, or has no effect here.
    Unchanged,
}

/// The answer to an event that was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The token is not that of the live lease: a newer attempt has the job, or it is over.
    #[error("the lease is stale: the trial has been given to another attempt or is over")]
    Stale,
    /// Only a pending job can be taken.
    #[error("the job is not pending")]
    NotPending,
}

impl JobState {
    /// Nothing more will happen to it.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Pending(_) | Self::Leased(_) => false,
            Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled | Self::Stopped { .. } => true,
        }
    }

    /// The state after `event`.
    ///
    /// # Errors
    /// [`Refusal`] where the event does not fit; the state is then unchanged.
    pub fn apply(&self, event: &JobEvent, policy: &RetryPolicy) -> Result<Applied, Refusal> {
        use Applied::{To, Unchanged};
        match (self, event) {
            (Self::Pending(tally), JobEvent::Acquire { worker, token, expires }) => {
                let tally = Tally {
                    begun: tally.begun + 1,
                    ..*tally
                };
                Ok(To(Self::Leased(Lease {
                    tally,
                    worker: *worker,
                    token: *token,
                    expires: *expires,
                })))
            }
            (
                Self::Leased(_) | Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled | Self::Stopped { .. },
                JobEvent::Acquire { .. },
            ) => Err(Refusal::NotPending),
            (Self::Leased(lease), JobEvent::Renew { token, expires }) if lease.token == *token => {
                Ok(To(Self::Leased(Lease {
                    expires: *expires,
                    ..lease.clone()
                })))
            }
            (Self::Leased(lease), JobEvent::Complete { token }) if lease.token == *token => Ok(To(Self::Completed {
                attempt: lease.attempt(),
                token: *token,
            })),
            (Self::Completed { token: done, .. }, JobEvent::Complete { token }) if done == token => Ok(Unchanged),
            (Self::Leased(lease), JobEvent::Fail { token, cause }) if lease.token == *token => {
                Ok(To(lease.failed(cause.clone(), policy)))
            }
            (
                Self::Pending(_)
                | Self::Leased(_)
                | Self::Completed { .. }
                | Self::Failed { .. }
                | Self::Cancelled
                | Self::Stopped { .. },
                JobEvent::Renew { .. } | JobEvent::Complete { .. } | JobEvent::Fail { .. },
            ) => Err(Refusal::Stale),
            (Self::Leased(lease), JobEvent::Tick { now }) if lease.expires <= *now => {
                Ok(To(lease.failed(lease.lost(), policy)))
            }
            (
                Self::Pending(_)
                | Self::Leased(_)
                | Self::Completed { .. }
                | Self::Failed { .. }
                | Self::Cancelled
                | Self::Stopped { .. },
                JobEvent::Tick { .. },
            ) => Ok(Unchanged),
            (Self::Pending(_) | Self::Leased(_), JobEvent::Cancel) => Ok(To(Self::Cancelled)),
            (Self::Pending(tally) | Self::Leased(Lease { tally, .. }), JobEvent::Stop { epoch }) => {
                Ok(To(Self::Stopped {
                    attempt: tally.begun,
                    epoch: *epoch,
                }))
            }
            (
                Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled | Self::Stopped { .. },
                JobEvent::Cancel | JobEvent::Stop { .. },
            ) => Ok(Unchanged),
        }
    }
}

impl Lease {
    fn failed(&self, cause: Cause, policy: &RetryPolicy) -> JobState {
        let (charge, retry) = verdict(cause.kind);
        let tally = Tally {
            charged: self.tally.charged + u32::from(charge),
            ..self.tally
        };
        if retry && tally.charged < policy.max_attempts {
            JobState::Pending(tally)
        } else {
            JobState::Failed {
                attempt: self.attempt(),
                cause,
            }
        }
    }
}

#[cfg(test)]
mod tests;
