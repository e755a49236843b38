//! The leases that this worker holds: what the heartbeat renews, and what its orders reach.

use crate::{story::Story, tally::Tally};
use augur_core::id::LeaseToken;
use augur_watching::traces::KeyValue;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};
use tokio_util::sync::CancellationToken;

/// All leases of the worker.
#[derive(Clone)]
pub(crate) struct Leases {
    /// In one order, so that a simulation can be repeated.
    held: Arc<Mutex<BTreeMap<LeaseToken, Signals>>>,
    /// Fires when the worker leaves.
    stopping: CancellationToken,
}

/// What passes between the heartbeat and whoever works under a lease.
#[derive(Clone)]
struct Signals {
    dropped: CancellationToken,
    recalled: CancellationToken,
    excuse: Arc<AtomicU8>,
}

/// Work that reports epochs, or should.
const NONE: u8 = 0;
/// Work that has moved on since the last heartbeat without an epoch to report.
const ONCE: u8 = 1;
/// Work that waits.
const WAITS: u8 = 2;

/// One lease, held until this is dropped.
pub struct Held {
    /// What its reports carry.
    pub token: LeaseToken,
    /// Fires when the coordinator wants the work dropped.
    pub dropped: CancellationToken,
    /// Fires when the lease is to be given back: the coordinator wants it, or the worker leaves.
    pub recalled: CancellationToken,
    excuse: Arc<AtomicU8>,
    leases: Leases,
    /// Its trace, where anybody wants it.
    pub(crate) story: Option<Story>,
    pub(crate) tally: Option<Arc<Tally>>,
}

impl Leases {
    /// None, in a worker that leaves when `stopping` fires.
    pub fn new(stopping: CancellationToken) -> Self {
        Self {
            held: Arc::default(),
            stopping,
        }
    }

    /// Holds a lease from now on.
    pub fn hold(&self, token: LeaseToken) -> Held {
        let signals = Signals {
            dropped: CancellationToken::new(),
            recalled: self.stopping.child_token(),
            excuse: Arc::default(),
        };
        self.map().insert(token, signals.clone());
        Held {
            token,
            dropped: signals.dropped,
            recalled: signals.recalled,
            excuse: signals.excuse,
            leases: self.clone(),
            story: None,
            tally: None,
        }
    }

    /// The tokens of all leases held.
    pub fn tokens(&self) -> Vec<LeaseToken> {
        self.map().keys().copied().collect()
    }

    /// Tells whoever works under these leases to drop the work. Without effect on leases that are no longer held.
    pub fn drop_all<'a>(&self, tokens: impl IntoIterator<Item = &'a String>) {
        self.each(tokens, |signals| signals.dropped.cancel());
    }

    /// Tells whoever works under these leases to give them back. Without effect on leases that are no longer held.
    pub fn recall<'a>(&self, tokens: impl IntoIterator<Item = &'a String>) {
        self.each(tokens, |signals| signals.recalled.cancel());
    }

    /// The leases whose work rightly reports no epochs; one that moved on once is told once.
    pub fn excused(&self) -> Vec<LeaseToken> {
        let excused = |signals: &Signals| {
            let once = signals.excuse.compare_exchange(ONCE, NONE, Relaxed, Relaxed);
            once.is_ok() || signals.excuse.load(Relaxed) == WAITS
        };
        let leases = self.map();
        leases
            .iter()
            .filter(|(_, signals)| excused(signals))
            .map(|(token, _)| *token)
            .collect()
    }

    fn each<'a>(&self, tokens: impl IntoIterator<Item = &'a String>, tell: impl Fn(&Signals)) {
        let leases = self.map();
        let held = tokens.into_iter().filter_map(|token| leases.get(&token.parse().ok()?));
        held.for_each(tell);
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<LeaseToken, Signals>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The work waits until `done`: that it reports nothing is no fault.
    pub async fn waiting<T>(&self, done: impl Future<Output = T>) -> T {
        self.excuse.store(WAITS, Relaxed);
        let value = done.await;
        self.excuse.store(ONCE, Relaxed);
        value
    }

    /// Whether it is to be given back because the worker leaves.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leases.stopping.is_cancelled()
    }

    /// The trial left a checkpoint of this place.
    pub fn saved(&self, epoch: u32, step: u64) {
        if let Some(tally) = &self.tally {
            tally.saves();
        }
        if let Some(story) = &self.story {
            let step = i64::try_from(step).unwrap_or(i64::MAX);
            let facts = [
                KeyValue::new("augur.epoch", i64::from(epoch)),
                KeyValue::new("augur.step", step),
            ];
            story.event("checkpoint", facts.into());
        }
    }

    /// The work has moved on, though there is no epoch to report.
    pub fn moved(&self) {
        self.excuse.store(ONCE, Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.leases.map().remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_order_reaches_the_lease_that_it_names_while_it_is_held() {
        let leases = Leases::new(CancellationToken::new());
        let [a, b] = [1, 2].map(|n| leases.hold(LeaseToken::from_uuid(Uuid::from_u128(n))));
        leases.drop_all([&a.token.to_string()]);
        assert!(a.dropped.is_cancelled() && !b.dropped.is_cancelled());
        let token = a.token.to_string();
        drop(a);
        leases.drop_all([&token, &"no token".to_owned()]);
        assert_eq!(leases.tokens(), [b.token]);
        leases.recall([&b.token.to_string()]);
        assert!(b.recalled.is_cancelled() && !b.dropped.is_cancelled());
    }

    #[tokio::test]
    async fn work_that_waits_is_excused_all_the_time_and_work_that_moved_once() {
        let leases = Leases::new(CancellationToken::new());
        let held = leases.hold(LeaseToken::from_uuid(Uuid::from_u128(1)));
        assert!(leases.excused().is_empty());
        let waited = async {
            assert_eq!(leases.excused(), [held.token]);
            assert_eq!(leases.excused(), [held.token]);
        };
        held.waiting(waited).await;
        assert_eq!(leases.excused(), [held.token], "the wait has just ended");
        assert!(leases.excused().is_empty());
        held.moved();
        assert_eq!(leases.excused(), [held.token]);
        assert!(leases.excused().is_empty());
    }
}
