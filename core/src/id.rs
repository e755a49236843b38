//! Typed identifiers, so that a trial can't be passed where a sweep is meant.
//!
//! What is computed from content (sweeps, trials) has a name-based UUID (version 5): the same inputs give the same
//! identifier on every machine. What happens once (workers, leases) has a time-ordered one (version 7).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The namespace of every name-based identifier of augur.
const NAMESPACE: Uuid = Uuid::from_u128(0x6175_6775_7200_5000_8000_7374_7373_6164);

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The identifier with exactly these bits.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The underlying UUID.
            pub const fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

typed_id!(
    /// A sweep: the name and the SHA-256 of its spec.
    SweepId
);
typed_id!(
    /// A trial: the SHA-256 of everything that its result depends on.
    TrialId
);
typed_id!(
    /// One life of a worker process.
    WorkerId
);
typed_id!(
    /// The fencing token of one lease; a report with any other token is stale.
    LeaseToken
);

impl SweepId {
    /// The identifier of the sweep called `name` whose canonical spec hashes to `spec_sha256` (hexadecimal).
    pub fn of(name: &str, spec_sha256: &str) -> Self {
        Self(Uuid::new_v5(
            &NAMESPACE,
            format!("sweep\n{name}\n{spec_sha256}").as_bytes(),
        ))
    }
}

impl TrialId {
    /// The identifier of the trial whose canonical inputs hash to `key_sha256` (hexadecimal).
    pub fn of(key_sha256: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("trial\n{key_sha256}").as_bytes()))
    }
}
