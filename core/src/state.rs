//! The life of a job (a trial or an evaluation): one total transition function for the live path and for recovery.
//!
//! A lease is fenced by its token: whoever reports with another token is stale and changes nothing.

mod cause;
mod retry;

pub use cause::{Cause, CauseKind};
pub use retry::RetryPolicy;

use crate::{
    id::{LeaseToken, WorkerId},
    invariants::step_holds,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
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
    /// The most memory, in bytes, that was not enough for it: it goes to a worker that has more, if there is one.
    pub too_little: Option<u64>,
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
    /// When it ends unless a new epoch is reported.
    pub deadline: Timestamp,
    /// The last epoch that was reported; 0 before the first.
    pub epoch: u32,
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
        /// When its first epoch is due.
        deadline: Timestamp,
    },
    /// The worker still has it.
    Renew {
        /// The lease.
        token: LeaseToken,
        /// Its new end.
        expires: Timestamp,
        /// Its new deadline, where the work rightly reports no epochs now, such as a trial that waits for room.
        excused: Option<Timestamp>,
    },
    /// The worker has finished an epoch of it.
    Advance {
        /// The lease.
        token: LeaseToken,
        /// Epochs finished.
        epoch: u32,
        /// When the next one is due.
        deadline: Timestamp,
    },
    /// The coordinator was away, so that nobody could renew or report: that is not held against a live lease.
    Grace {
        /// The lease's new end.
        expires: Timestamp,
        /// When the next epoch is due.
        deadline: Timestamp,
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
        /// The memory in bytes that it had, where that is known.
        memory: Option<u64>,
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
    /// Somebody wants it tried again although it has failed.
    Retry,
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
    /// Only a failed job can be tried again.
    #[error("the job has not failed")]
    NotFailed,
}

impl JobState {
    /// Nothing more will happen to it by itself.
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Pending(_) | Self::Leased(_) => false,
            Self::Completed { .. } | Self::Failed { .. } | Self::Cancelled | Self::Stopped { .. } => true,
        }
    }

    /// Attempts begun; none where that is not known any more.
    pub fn begun(&self) -> Option<u32> {
        match self {
            Self::Pending(tally) | Self::Leased(Lease { tally, .. }) => Some(tally.begun),
            Self::Completed { attempt, .. } | Self::Failed { attempt, .. } | Self::Stopped { attempt, .. } => {
                Some(*attempt)
            }
            Self::Cancelled => None,
        }
    }

    /// The state after `event`.
    ///
    /// # Errors
    /// [`Refusal`] where the event does not fit; the state is then unchanged.
    pub fn apply(&self, event: &JobEvent, policy: &RetryPolicy) -> Result<Applied, Refusal> {
        let applied = match self {
            Self::Pending(tally) => pending(*tally, event),
            Self::Leased(lease) => lease.apply(event, policy),
            Self::Completed { token, .. } => over(event, Some(*token)),
            Self::Failed { attempt, .. } => failed(*attempt, event),
            Self::Cancelled | Self::Stopped { .. } => over(event, None),
        }?;
        if let To(after) = &applied {
            debug_assert!(step_holds(self, after), "{event:?}: {self:?} -> {after:?}");
        }
        Ok(applied)
    }
}

use Applied::{To, Unchanged};

/// What happens to a job that waits.
fn pending(tally: Tally, event: &JobEvent) -> Result<Applied, Refusal> {
    match event {
        JobEvent::Acquire {
            worker,
            token,
            expires,
            deadline,
        } => Ok(To(JobState::Leased(Lease {
            tally: Tally {
                begun: tally.begun + 1,
                ..tally
            },
            worker: *worker,
            token: *token,
            expires: *expires,
            deadline: *deadline,
            epoch: 0,
        }))),
        JobEvent::Cancel => Ok(To(JobState::Cancelled)),
        JobEvent::Stop { epoch } => Ok(To(JobState::Stopped {
            attempt: tally.begun,
            epoch: *epoch,
        })),
        JobEvent::Tick { .. } | JobEvent::Grace { .. } => Ok(Unchanged),
        JobEvent::Renew { .. } | JobEvent::Advance { .. } | JobEvent::Complete { .. } | JobEvent::Fail { .. } => {
            Err(Refusal::Stale)
        }
        JobEvent::Retry => Err(Refusal::NotFailed),
    }
}

/// What happens to a job that is over; `completed` is the lease under which it completed, if it did.
fn over(event: &JobEvent, completed: Option<LeaseToken>) -> Result<Applied, Refusal> {
    match event {
        JobEvent::Acquire { .. } => Err(Refusal::NotPending),
        JobEvent::Complete { token } if completed == Some(*token) => Ok(Unchanged),
        // Its last epochs may come after its result.
        JobEvent::Advance { token, .. } if completed == Some(*token) => Ok(Unchanged),
        JobEvent::Renew { .. } | JobEvent::Advance { .. } | JobEvent::Complete { .. } | JobEvent::Fail { .. } => {
            Err(Refusal::Stale)
        }
        JobEvent::Tick { .. } | JobEvent::Grace { .. } | JobEvent::Cancel | JobEvent::Stop { .. } => Ok(Unchanged),
        JobEvent::Retry => Err(Refusal::NotFailed),
    }
}

/// What happens to a job that has failed for good.
fn failed(attempt: u32, event: &JobEvent) -> Result<Applied, Refusal> {
    match event {
        JobEvent::Retry => Ok(To(JobState::Pending(Tally {
            begun: attempt,
            ..Tally::default()
        }))),
        JobEvent::Acquire { .. }
        | JobEvent::Renew { .. }
        | JobEvent::Advance { .. }
        | JobEvent::Grace { .. }
        | JobEvent::Complete { .. }
        | JobEvent::Fail { .. }
        | JobEvent::Tick { .. }
        | JobEvent::Cancel
        | JobEvent::Stop { .. } => over(event, None),
    }
}

impl Lease {
    /// The number of this attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.tally.begun
    }

    /// Why it ends at `now`, if it does: nobody renews it, or its work does not move on.
    pub fn ends(&self, now: Timestamp) -> Option<Cause> {
        let cause = |kind, detail| Some(Cause { kind, detail });
        if self.expires <= now {
            let detail = format!("no word from worker {} before its lease ended", self.worker);
            return cause(CauseKind::WorkerLost, detail);
        }
        if self.deadline <= now {
            let detail = match self.epoch {
                0 => "its first epoch did not end within `retry.stalled_after_seconds`".to_owned(),
                epoch => format!("no epoch ended after epoch {epoch} within `retry.stalled_after_seconds`"),
            };
            return cause(CauseKind::Deadline, detail);
        }
        None
    }

    /// The cause of its end when its sweep is cancelled.
    pub fn cancelled() -> Cause {
        Cause {
            kind: CauseKind::Cancelled,
            detail: "its sweep was cancelled".into(),
        }
    }

    fn apply(&self, event: &JobEvent, policy: &RetryPolicy) -> Result<Applied, Refusal> {
        let to = |lease| Ok(To(JobState::Leased(lease)));
        match event {
            JobEvent::Acquire { .. } => Err(Refusal::NotPending),
            JobEvent::Renew { token, .. }
            | JobEvent::Advance { token, .. }
            | JobEvent::Complete { token }
            | JobEvent::Fail { token, .. }
                if *token != self.token =>
            {
                Err(Refusal::Stale)
            }
            JobEvent::Renew { expires, excused, .. } => to(Self {
                expires: *expires,
                deadline: excused.unwrap_or(self.deadline),
                ..self.clone()
            }),
            // A repeat is no new epoch.
            JobEvent::Advance { epoch, .. } if *epoch <= self.epoch => Ok(Unchanged),
            JobEvent::Advance { epoch, deadline, .. } => to(Self {
                epoch: *epoch,
                deadline: *deadline,
                ..self.clone()
            }),
            JobEvent::Grace { expires, deadline } => to(Self {
                expires: *expires,
                deadline: *deadline,
                ..self.clone()
            }),
            JobEvent::Complete { token } => Ok(To(JobState::Completed {
                attempt: self.attempt(),
                token: *token,
            })),
            JobEvent::Fail { cause, memory, .. } => Ok(To(self.failed(cause.clone(), *memory, policy))),
            JobEvent::Tick { now } => Ok(match self.ends(*now) {
                Some(cause) => To(self.failed(cause, None, policy)),
                None => Unchanged,
            }),
            JobEvent::Cancel => Ok(To(JobState::Cancelled)),
            JobEvent::Stop { epoch } => Ok(To(JobState::Stopped {
                attempt: self.attempt(),
                epoch: *epoch,
            })),
            JobEvent::Retry => Err(Refusal::NotFailed),
        }
    }

    fn failed(&self, cause: Cause, memory: Option<u64>, policy: &RetryPolicy) -> JobState {
        let had = memory.filter(|_| cause.kind == CauseKind::OutOfMemory);
        let tally = Tally {
            charged: self.tally.charged + u32::from(cause.kind.is_charged()),
            too_little: self.tally.too_little.max(had),
            ..self.tally
        };
        if cause.kind.is_retried() && tally.charged < policy.max_attempts {
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
