//! What happened in a run, as a hash: two runs of one seed have the same one.

use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The record of a run; clones share it.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    hash: Sha256,
    messages: u64,
    /// Every message, where that is wanted.
    lines: Option<Vec<String>>,
}

impl Trace {
    /// A record that keeps every message, as a line.
    pub fn kept() -> Self {
        let state = State {
            lines: Some(Vec::new()),
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Every message, where they are kept: the moment in seconds, who sent it, bytes.
    pub fn lines(&self) -> Vec<String> {
        self.state().lines.clone().unwrap_or_default()
    }

    /// Notes that a host sent something, at this moment. Not how much: servers say what time it is outside, in headers whose
    /// length depends on it. Nor how it is read, which depends on that.
    pub fn sent(&self, who: &str, bytes: usize) {
        let moment = turmoil::sim_elapsed().unwrap_or_default();
        let mut state = self.state();
        let line = format!("{:.6} {who}", moment.as_secs_f64());
        state.hash.update(&line);
        state.messages += 1;
        if let Some(lines) = &mut state.lines {
            lines.push(format!("{line} {bytes}"));
        }
    }

    /// Notes anything else.
    pub fn note(&self, bytes: &[u8]) {
        self.state().hash.update(bytes);
    }

    /// The hash so far, in hexadecimal, shortened, and how many messages it is of.
    pub fn end(&self) -> (String, u64) {
        let state = self.state();
        let hash = state.hash.clone().finalize();
        let text = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        (text, state.messages)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
