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
}

impl Trace {
    /// Notes bytes that a host read or wrote, with the moment.
    pub fn bytes(&self, what: &str, count: usize) {
        let mut state = self.state();
        let moment = turmoil::sim_elapsed().unwrap_or_default();
        state.hash.update(what);
        state.hash.update(moment.as_nanos().to_le_bytes());
        state.hash.update(count.to_le_bytes());
        state.messages += 1;
    }

    /// Notes anything else.
    pub fn note(&self, bytes: &[u8]) {
        self.state().hash.update(bytes);
    }

    /// The hash so far, in hexadecimal, shortened, and how many reads and writes it is of.
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
