//! What the commands of a batch did, told to nobody before it is committed.

use crate::store::job::Job;
use augur_core::{
    state::{CauseKind, JobEvent, JobState},
    time::Timestamp,
};
use augur_watching::traces::Span;
use std::time::SystemTime;

/// The ends of a lease: two good ones, then every cause.
pub(crate) const ENDS: usize = 2 + CauseKind::ALL.len();
const COMPLETED: usize = 0;
const STOPPED: usize = 1;

/// Whose job it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Trial,
    Evaluation,
}

/// What a transaction did.
#[derive(Default)]
pub(crate) struct Noted {
    /// Leases given, by [`Whose`].
    pub given: [u32; 2],
    pub renewed: u32,
    /// Leases that ended, by the end.
    pub ended: [u32; ENDS],
    /// Attempts that ended and left their job waiting for another one.
    pub again: u32,
    /// Seconds that trials waited which were leased.
    pub waited: Vec<f64>,
    /// Spans that ended, and when. Empty where nobody wants them.
    pub spans: Vec<(Span, SystemTime)>,
}

impl Noted {
    /// A job moves on.
    pub fn moved(&mut self, whose: Whose, from: &Job, to: &Job, event: &JobEvent, now: Timestamp) {
        match event {
            JobEvent::Acquire { .. } => {
                self.given[whose as usize] += 1;
                if whose == Whose::Trial {
                    self.waited.push(millis(now, from.updated_at) / 1000.0);
                }
                return;
            }
            JobEvent::Renew { .. } => self.renewed += 1,
            _ => {}
        }
        let is_held = |job: &Job| matches!(job.state, JobState::Leased(_));
        if is_held(from) && !is_held(to) {
            self.ended[end(to)] += 1;
            self.again += u32::from(matches!(to.state, JobState::Pending(_)));
        }
    }

    /// What a further command of the batch did.
    pub fn add(&mut self, other: Self) {
        let add = |sum: &mut [u32], by: &[u32]| sum.iter_mut().zip(by).for_each(|(sum, by)| *sum += by);
        add(&mut self.given, &other.given);
        add(&mut self.ended, &other.ended);
        self.renewed += other.renewed;
        self.again += other.again;
        self.waited.extend(other.waited);
        self.spans.extend(other.spans);
    }
}

fn millis(now: Timestamp, then: Timestamp) -> f64 {
    now.0.saturating_sub(then.0).max(0) as f64
}

/// The place in [`ENDS`] of how the last lease of a job ended.
fn end(job: &Job) -> usize {
    match (&job.state, &job.cause) {
        (JobState::Completed { .. }, _) => COMPLETED,
        (JobState::Stopped { .. }, _) => STOPPED,
        (JobState::Failed { cause, .. }, _) => 2 + cause.kind as usize,
        (JobState::Pending(_) | JobState::Leased(_) | JobState::Cancelled, Some(cause)) => 2 + cause.kind as usize,
        (JobState::Pending(_) | JobState::Leased(_) | JobState::Cancelled, None) => 2 + CauseKind::Cancelled as usize,
    }
}

/// What each end is called, in their order.
pub(crate) fn ends() -> impl Iterator<Item = &'static str> {
    let cause = |kind: &CauseKind| match kind {
        CauseKind::WorkerLost => "worker_lost",
        CauseKind::Crashed => "crashed",
        CauseKind::OutOfMemory => "out_of_memory",
        CauseKind::BadData => "bad_data",
        CauseKind::Numerical => "numerical",
        CauseKind::Preempted => "preempted",
        CauseKind::Cancelled => "cancelled",
        CauseKind::Deadline => "deadline",
    };
    ["completed", "stopped"]
        .into_iter()
        .chain(CauseKind::ALL.iter().map(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_the_place_of_its_name() {
        for (at, kind) in CauseKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, at);
        }
        assert_eq!(ends().count(), ENDS);
    }
}
