//! The log of an attempt.

use super::millis;
use augur_proto::v1;
use serde::Serialize;

#[derive(Serialize)]
pub(in crate::page) struct Log {
    /// Whose lines they are; 0 where there are none of any attempt.
    attempt: u32,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    sequence: u32,
    /// Null where the worker gave none.
    time: Option<i64>,
    text: String,
}

impl From<v1::ListLogLinesResponse> for Log {
    fn from(of: v1::ListLogLinesResponse) -> Self {
        Self {
            attempt: of.attempt,
            lines: of.lines.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<v1::LogLine> for Line {
    fn from(of: v1::LogLine) -> Self {
        Self {
            sequence: of.sequence,
            // The store has no line without a time, and puts 0 in its place.
            time: millis(of.time).filter(|time| *time > 0),
            text: of.text,
        }
    }
}
