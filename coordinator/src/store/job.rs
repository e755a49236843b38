//! A job's state as columns, for trials and evaluations alike.

use super::{Result, Row, StoreError, from_json, to_json};
use augur_core::{
    id::{LeaseToken, WorkerId},
    state::{Cause, JobState, Lease, Tally},
    time::Timestamp,
};

/// The columns that [`read`] reads, beside `stopped_epoch`, which only trials have.
macro_rules! job_columns {
    () => {
        "state, begun, charged, too_little, worker, token, expires, deadline, epoch, cause, generation, updated_at"
    };
}
pub(super) use job_columns;

/// A job as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    /// Where it stands.
    pub state: JobState,
    /// Attempts begun.
    pub begun: u32,
    /// Attempts that count.
    pub charged: u32,
    /// The most memory that was not enough.
    pub too_little: Option<u64>,
    /// Who has it, or had it last.
    pub worker: Option<WorkerId>,
    /// Why the last attempt failed, if one did.
    pub cause: Option<Cause>,
    /// Grows with every write: the swap's comparison.
    pub generation: i64,
    /// The last write that was a transition.
    pub updated_at: Timestamp,
}

impl Job {
    /// The job after it moved to `state`.
    pub fn moved(&self, state: JobState, cause: Option<Cause>, now: Timestamp) -> Self {
        let known = Tally {
            begun: self.begun,
            charged: self.charged,
            too_little: self.too_little,
        };
        let tally = match &state {
            JobState::Pending(tally) | JobState::Leased(Lease { tally, .. }) => *tally,
            JobState::Completed { attempt, .. }
            | JobState::Failed { attempt, .. }
            | JobState::Stopped { attempt, .. } => Tally {
                begun: *attempt,
                ..known
            },
            JobState::Cancelled => known,
        };
        let worker = match &state {
            JobState::Leased(lease) => Some(lease.worker),
            _ => self.worker,
        };
        let cause = match &state {
            JobState::Completed { .. } | JobState::Stopped { .. } => None,
            _ => cause.or_else(|| self.cause.clone()),
        };
        Self {
            state,
            begun: tally.begun,
            charged: tally.charged,
            too_little: tally.too_little,
            worker,
            cause,
            generation: self.generation + 1,
            updated_at: now,
        }
    }

    pub(super) fn token(&self) -> Option<String> {
        match &self.state {
            JobState::Leased(lease) => Some(lease.token.to_string()),
            JobState::Completed { token, .. } => Some(token.to_string()),
            _ => None,
        }
    }

    pub(super) fn expires(&self) -> Option<i64> {
        match &self.state {
            JobState::Leased(lease) => Some(lease.expires.0),
            _ => None,
        }
    }

    pub(super) fn deadline(&self) -> Option<i64> {
        match &self.state {
            JobState::Leased(lease) => Some(lease.deadline.0),
            _ => None,
        }
    }

    /// The last epoch that the live attempt reported.
    pub(super) fn epoch(&self) -> u32 {
        match &self.state {
            JobState::Leased(lease) => lease.epoch,
            _ => 0,
        }
    }

    pub(super) fn too_little(&self) -> Option<i64> {
        self.too_little.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX))
    }

    /// The rung at which it was stopped, if it was.
    pub fn stopped_epoch(&self) -> Option<u32> {
        match self.state {
            JobState::Stopped { epoch, .. } => Some(epoch),
            _ => None,
        }
    }

    pub(super) fn worker_text(&self) -> Option<String> {
        self.worker.map(|worker| worker.to_string())
    }

    pub(super) fn cause_json(&self) -> Option<String> {
        self.cause.as_ref().map(to_json)
    }
}

/// The name of a state, as stored.
pub(crate) fn tag(state: &JobState) -> &'static str {
    match state {
        JobState::Pending(_) => "pending",
        JobState::Leased(_) => "leased",
        JobState::Completed { .. } => "completed",
        JobState::Failed { .. } => "failed",
        JobState::Cancelled => "cancelled",
        JobState::Stopped { .. } => "stopped",
    }
}

pub(super) fn read(row: &Row) -> Result<Job> {
    let damaged = StoreError::Damaged("job");
    let begun = row.try_get("begun")?;
    let charged = row.try_get("charged")?;
    let too_little: Option<i64> = row.try_get("too_little")?;
    let too_little = too_little.map(i64::unsigned_abs);
    let tally = Tally {
        begun,
        charged,
        too_little,
    };
    let worker: Option<WorkerId> = id(row, "worker")?;
    let token: Option<LeaseToken> = id(row, "token")?;
    let cause: Option<String> = row.try_get("cause")?;
    let cause: Option<Cause> = cause.map(|text| from_json(&text, "cause")).transpose()?;
    let expires: Option<i64> = row.try_get("expires")?;
    let deadline: Option<i64> = row.try_get("deadline")?;
    let stopped: Option<u32> = row.try_get("stopped_epoch")?;
    let state = match (row.try_get("state")?, worker, token, expires.zip(deadline), &cause) {
        ("pending", ..) => JobState::Pending(tally),
        ("leased", Some(worker), Some(token), Some((expires, deadline)), _) => JobState::Leased(Lease {
            tally,
            worker,
            token,
            expires: Timestamp(expires),
            deadline: Timestamp(deadline),
            epoch: row.try_get("epoch")?,
        }),
        ("completed", _, Some(token), ..) => JobState::Completed { attempt: begun, token },
        ("failed", _, _, _, Some(cause)) => JobState::Failed {
            attempt: begun,
            cause: cause.clone(),
        },
        ("cancelled", ..) => JobState::Cancelled,
        ("stopped", ..) => JobState::Stopped {
            attempt: begun,
            epoch: stopped.ok_or(StoreError::Damaged("job"))?,
        },
        _ => return Err(damaged),
    };
    Ok(Job {
        state,
        begun,
        charged,
        too_little,
        worker,
        cause,
        generation: row.try_get("generation")?,
        updated_at: Timestamp(row.try_get("updated_at")?),
    })
}

/// An optional identifier.
fn id<T: std::str::FromStr>(row: &Row, column: &'static str) -> Result<Option<T>> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| StoreError::Damaged("identifier")))
        .transpose()
}
