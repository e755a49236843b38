//! The spec's `retry`: what happens after failed attempts.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What happens after a failed attempt. What is left at its default is left out of the canonical form, so that specs from
/// before it came keep their hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryPolicy {
    /// Attempts that may fail before the job does, 1 to 100.
    pub max_attempts: u32,
    /// Seconds that an attempt may go without a new epoch, 1 to 604,800 (a week).
    #[serde(skip_serializing_if = "is_default_stall")]
    pub stalled_after_seconds: u32,
    /// Identical causes in a row, of different trials, that pause the sweep, at most 100; 0: never.
    #[serde(skip_serializing_if = "is_default_breaker")]
    pub breaker: u32,
}

const STALL: u32 = 3600;
const BREAKER: u32 = 3;

fn is_default_stall(seconds: &u32) -> bool {
    *seconds == STALL
}

fn is_default_breaker(count: &u32) -> bool {
    *count == BREAKER
}

impl RetryPolicy {
    /// When an attempt that moves on now will have gone without a new epoch for too long.
    pub fn deadline(&self, now: Timestamp) -> Timestamp {
        now.after(Duration::from_secs(self.stalled_after_seconds.into()))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            stalled_after_seconds: STALL,
            breaker: BREAKER,
        }
    }
}
