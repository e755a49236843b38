//! The leases that this worker holds: what the heartbeat renews, and what an order to drop reaches.

use augur_core::id::LeaseToken;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// All leases of the worker.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<HashMap<LeaseToken, CancellationToken>>>);

/// One lease, held until this is dropped.
pub(crate) struct Held {
    pub token: LeaseToken,
    /// Fires when the coordinator wants the work dropped.
    pub dropped: CancellationToken,
    leases: Leases,
}

impl Leases {
    /// Holds a lease from now on.
    pub fn hold(&self, token: LeaseToken) -> Held {
        let dropped = CancellationToken::new();
        self.map().insert(token, dropped.clone());
        Held {
            token,
            dropped,
            leases: self.clone(),
        }
    }

    /// The tokens of all leases held.
    pub fn tokens(&self) -> Vec<LeaseToken> {
        self.map().keys().copied().collect()
    }

    /// Tells whoever works under these leases to drop the work. Without effect on leases that are no longer held.
    pub fn drop_all<'a>(&self, tokens: impl IntoIterator<Item = &'a String>) {
        let leases = self.map();
        let held = tokens.into_iter().filter_map(|token| leases.get(&token.parse().ok()?));
        held.for_each(CancellationToken::cancel);
    }

    fn map(&self) -> MutexGuard<'_, HashMap<LeaseToken, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let leases = Leases::default();
        let [a, b] = [1, 2].map(|n| leases.hold(LeaseToken::from_uuid(Uuid::from_u128(n))));
        leases.drop_all([&a.token.to_string()]);
        assert!(a.dropped.is_cancelled() && !b.dropped.is_cancelled());
        let token = a.token.to_string();
        drop(a);
        leases.drop_all([&token, &"no token".to_owned()]);
        assert_eq!(leases.tokens(), [b.token]);
    }
}
