//! What is done under a lease, and what can come of it.

use crate::leases::Held;
use augur_core::{
    outcome::Outcome,
    state::{Cause, CauseKind},
};
use augur_proto::v1;
use std::{future::Future, time::Duration};

/// How long trials may take to write their checkpoints when the worker leaves. A process that is pre-empted often has half a
/// minute in all.
pub const CHECKPOINT: Duration = Duration::from_secs(15);

/// Does what is leased.
pub trait Work: Clone + Send + Sync + 'static {
    /// Where the work of one lease is done at a time.
    type Slot: Send + 'static;

    /// Does the work of a lease. Given up by being dropped, where an order is not followed in time.
    fn work(
        &self,
        held: &Held,
        work: Option<v1::lease::Work>,
        slot: &mut Self::Slot,
    ) -> impl Future<Output = End> + Send;

    /// How long work may go on after it was to be given back, at most [`CHECKPOINT`].
    fn patience(&self, is_trial: bool) -> Duration;

    /// Hears that the lease of a trial, sweeps/{sweep}/trials/{trial}, is over, and whether the trial is completed by it.
    fn trial_over(&self, name: &str, is_completed: bool) -> impl Future<Output = ()> + Send;
}

/// What came of the work under a lease.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// A trial has its outcome.
    Computed {
        /// What it was computed from; empty where that is not known.
        fingerprint: String,
        /// Every number finite.
        outcome: Box<Outcome>,
    },
    /// A trial completed before with the same fingerprint.
    Reused {
        /// What it was computed from.
        fingerprint: String,
        /// The earlier one's name.
        trial: String,
        /// Its detector is wanted and was not found.
        detector_missing: bool,
    },
    /// A group's scores were compared with its labels.
    Evaluated {
        /// How each trial's scores agree with them.
        trials: Vec<v1::TrialAgreement>,
        /// What the selected trial saw and made, as far as that is wanted.
        pictures: Vec<v1::Picture>,
    },
    /// It came to nothing.
    Failed(Cause),
    /// For somebody else to do, or for later.
    GivenBack(Cause),
    /// Nobody wants it any more: it was cancelled, was stopped early, or went to another worker.
    Dropped,
}

impl Held {
    /// The end of work that is given back, with how far it has come.
    pub fn given_back(&self, progress: &str) -> End {
        let why = if self.is_leaving() {
            "its worker was told to leave"
        } else {
            "the coordinator asked for it back"
        };
        End::GivenBack(Cause {
            kind: CauseKind::Preempted,
            detail: format!("given back, for {why}, {progress}"),
        })
    }
}
