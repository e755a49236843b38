//! What a worker counts of its link, for whoever watches it.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use std::time::Instant;

/// How the work under a lease ended here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The coordinator has its result.
    Completed,
    /// It came to nothing.
    Failed,
    /// It was given back.
    GivenBack,
    /// Nobody wanted it any more, its lease included.
    Dropped,
}

impl Ended {
    /// Every end with its name.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Completed, "completed"),
        (Self::Failed, "failed"),
        (Self::GivenBack, "given_back"),
        (Self::Dropped, "dropped"),
    ];
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Tally {
    ended: [AtomicU64; Ended::ALL.len()],
    repeated: AtomicU64,
    registered: AtomicU64,
    checkpoints: AtomicU64,
    heard: Mutex<Option<Instant>>,
}

impl Tally {
    pub(crate) fn ends(&self, how: Ended) {
        self.ended[how as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn repeats(&self) {
        self.repeated.fetch_add(1, Relaxed);
    }

    pub(crate) fn registers(&self) {
        self.registered.fetch_add(1, Relaxed);
    }

    pub(crate) fn hears(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(crate) fn saves(&self) {
        self.checkpoints.fetch_add(1, Relaxed);
    }

    /// Leases that ended in this way.
    pub fn ended(&self, how: Ended) -> u64 {
        self.ended[how as usize].load(Relaxed)
    }

    /// Calls that were tried again.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Relaxed)
    }

    /// Registrations, of which the first is one.
    pub fn registered(&self) -> u64 {
        self.registered.load(Relaxed)
    }

    /// Trials that left a checkpoint when they were given back.
    pub fn checkpoints(&self) -> u64 {
        self.checkpoints.load(Relaxed)
    }

    /// Seconds since the coordinator last answered.
    pub fn silence(&self) -> f64 {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map_or(0.0, |heard| heard.elapsed().as_secs_f64())
    }
}
