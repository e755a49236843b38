//! The life of a sweep: which verb is allowed when, as one total function.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where a sweep stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepState {
    /// Trials are running or waiting.
    Running,
    /// Nothing more of it is leased until it is resumed; what runs may end.
    Paused,
    /// Every (task, seed) has a selected trial.
    Succeeded,
    /// It is over, and at least one (task, seed) has none.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// What may happen to a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepEvent {
    /// Somebody, or the circuit breaker, pauses it.
    Pause,
    /// Somebody resumes it.
    Resume,
    /// Somebody cancels it.
    Cancel,
    /// Somebody wants its failed trials tried again.
    Retry,
    /// Its last group is done; with a selected trial for every (task, seed), or not.
    End {
        /// Whether there is one everywhere.
        selected: bool,
    },
}

/// A verb that does not fit the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SweepRefusal {
    /// It is over.
    #[error("is over; only a running or paused sweep can be {0}")]
    Over(&'static str),
    /// It was cancelled, and its trials with it.
    #[error("was cancelled, which is for good; submit its spec under another name, and what it has computed is reused")]
    Cancelled,
    /// It is not paused.
    #[error("is not paused; there is nothing to resume")]
    NotPaused,
}

impl SweepState {
    /// Every state with its name, as stored.
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Running, "running"),
        (Self::Paused, "paused"),
        (Self::Succeeded, "succeeded"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("", |(_, name)| name)
    }

    /// The state of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(state, _)| *state)
    }

    /// Nothing more will happen to it by itself.
    pub fn is_final(self) -> bool {
        match self {
            Self::Running | Self::Paused => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }

    /// The state after `event`; the same one where it changes nothing.
    ///
    /// # Errors
    /// [`SweepRefusal`] where the verb does not fit.
    pub fn apply(self, event: SweepEvent) -> Result<Self, SweepRefusal> {
        match (self, event) {
            (Self::Running | Self::Paused, SweepEvent::Pause) => Ok(Self::Paused),
            (Self::Paused, SweepEvent::Resume) => Ok(Self::Running),
            (Self::Running, SweepEvent::Resume) => Err(SweepRefusal::NotPaused),
            (Self::Running | Self::Paused | Self::Cancelled, SweepEvent::Cancel) => Ok(Self::Cancelled),
            (Self::Running | Self::Paused, SweepEvent::Retry) => Ok(self),
            (Self::Succeeded | Self::Failed, SweepEvent::Retry) => Ok(Self::Running),
            (Self::Running | Self::Paused, SweepEvent::End { selected: true }) => Ok(Self::Succeeded),
            (Self::Running | Self::Paused, SweepEvent::End { selected: false }) => Ok(Self::Failed),
            (Self::Succeeded | Self::Failed, SweepEvent::Pause) => Err(SweepRefusal::Over("paused")),
            (Self::Succeeded | Self::Failed, SweepEvent::Resume) => Err(SweepRefusal::Over("resumed")),
            (Self::Succeeded | Self::Failed, SweepEvent::Cancel) => Err(SweepRefusal::Over("cancelled")),
            (Self::Cancelled, SweepEvent::Pause | SweepEvent::Resume | SweepEvent::Retry) => {
                Err(SweepRefusal::Cancelled)
            }
            (Self::Succeeded | Self::Failed | Self::Cancelled, SweepEvent::End { .. }) => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [SweepEvent; 6] = [
        SweepEvent::Pause,
        SweepEvent::Resume,
        SweepEvent::Cancel,
        SweepEvent::Retry,
        SweepEvent::End { selected: true },
        SweepEvent::End { selected: false },
    ];

    #[test]
    fn names_stand_for_states() {
        for (state, name) in SweepState::NAMES {
            assert_eq!((state.name(), SweepState::of(name)), (name, Some(state)));
        }
        assert_eq!(SweepState::of("gone"), None);
    }

    #[test]
    fn a_cancelled_sweep_stays_cancelled_and_only_a_retry_opens_one_that_is_over() {
        for event in EVENTS {
            let after = SweepState::Cancelled.apply(event).unwrap_or(SweepState::Cancelled);
            assert_eq!(after, SweepState::Cancelled, "{event:?}");
            for over in [SweepState::Succeeded, SweepState::Failed] {
                let after = over.apply(event).unwrap_or(over);
                assert_eq!(after == over, event != SweepEvent::Retry, "{event:?}");
            }
        }
    }
}
