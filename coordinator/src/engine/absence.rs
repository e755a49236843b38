//! When nobody could renew a lease: the coordinator did not run, was stopped for longer than a heartbeat, or could not write.
//!
//! Leases that ended meanwhile are not charged to the workers: the next look gives each a full term.

use crate::clock::Clock;
use augur_core::time::Timestamp;
use std::time::Duration;

/// What is known of it.
pub(super) struct Absence {
    heartbeat: Duration,
    /// When the leases were last looked at.
    looked: Option<Timestamp>,
}

impl Absence {
    /// As before the first look.
    pub fn new(heartbeat: Duration) -> Self {
        Self {
            heartbeat,
            looked: None,
        }
    }

    /// The leases were looked at, or something could not be written at all.
    pub fn looked(&mut self, at: Timestamp, done: bool) {
        self.looked = done.then_some(at);
    }

    /// Whether a worker that lives may have tried in vain to renew since the last look.
    pub fn was_long(&self, clock: &dyn Clock) -> bool {
        let Some(looked) = self.looked else {
            return true;
        };
        let allowed = clock.period().map(|period| period + self.heartbeat);
        allowed.is_some_and(|allowed| clock.now() > looked.after(allowed))
    }
}
