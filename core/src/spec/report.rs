//! What a sweep leaves for people to look at.

use serde::{Deserialize, Serialize};

/// What a report shows beside the numbers. No part of any trial's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSpec {
    /// Pictures of each kind that the worker makes of a task once its choice is sealed, at most [`ReportSpec::MOST_PICTURES`]; 0:
    /// none, so that no image leaves the worker.
    pub pictures: u32,
}

impl ReportSpec {
    /// Pictures of each kind at most: of four kinds they are as many as a group may have.
    pub const MOST_PICTURES: u32 = 16;

    /// Whether nothing else was asked for: left out of the canonical form, so that specs from before it came keep their hash.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for ReportSpec {
    fn default() -> Self {
        Self { pictures: 6 }
    }
}
