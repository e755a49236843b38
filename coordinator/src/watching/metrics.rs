//! Counters and histograms of what happened since the start. A label has values from a list that is known beforehand, all there
//! from the start, so that a first fault shows as a change.

use super::noted::{ENDS, Noted, ends};
use crate::store::{FaultKind, StoreError, newest_schema};
use augur_proto::API_VERSION;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};
use std::array;

/// A tenth of a millisecond to a minute and a half.
pub(super) fn latency() -> Histogram {
    Histogram::new(exponential_buckets(1e-4, 4.0, 11))
}

/// A tenth of a second to seven hours.
fn waiting() -> Histogram {
    Histogram::new(exponential_buckets(0.1, 4.0, 10))
}

/// One label with one value.
pub(super) type One = [(&'static str, &'static str); 1];

pub(crate) struct Metrics {
    pub registry: Registry,
    pub leases: Leases,
    pub store: Store,
    pub rpcs: Rpcs,
}

impl Metrics {
    pub fn new(reconnects: &Reconnects) -> Self {
        let mut registry = Registry::with_prefix("augur");
        let build = Info::new([
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("schema", newest_schema().to_string()),
            ("api", API_VERSION.to_owned()),
        ]);
        registry.register("build", "What runs: its version, its schema of stores, its API", build);
        Self {
            leases: Leases::new(&mut registry),
            store: Store::new(&mut registry, reconnects),
            rpcs: Rpcs::new(&mut registry),
            registry,
        }
    }
}

/// Counters of a family by the values of its one label, in order.
fn counters<const N: usize>(
    registry: &mut Registry,
    [name, help, label]: [&'static str; 3],
    values: impl IntoIterator<Item = &'static str>,
) -> [Counter; N] {
    let family = Family::<One, Counter>::default();
    registry.register(name, help, family.clone());
    let mut values = values.into_iter();
    // A list that is too short would be a fault of this file; each of its tests would fail.
    array::from_fn(|_| family.get_or_create_owned(&[(label, values.next().unwrap_or("unknown"))]))
}

/// What became of leases.
pub(crate) struct Leases {
    given: [Counter; 2],
    renewed: Counter,
    ended: [Counter; ENDS],
    again: Counter,
    waited: Histogram,
    /// Reports under leases that were over.
    pub stale: Counter,
    /// From the moment that a call for work finds some to its answer.
    pub answered: Histogram,
}

impl Leases {
    fn new(registry: &mut Registry) -> Self {
        let given = ["leases_given", "Leases given", "work"];
        let given = counters(registry, given, ["trial", "evaluation"]);
        let ended = ["leases_ended", "Leases that ended, by how or why", "end"];
        let leases = Self {
            given,
            renewed: Counter::default(),
            ended: counters(registry, ended, ends()),
            again: Counter::default(),
            waited: waiting(),
            stale: Counter::default(),
            answered: latency(),
        };
        registry.register("leases_renewed", "Leases renewed by heartbeats", leases.renewed.clone());
        let help = "Attempts that ended and left their job waiting for another one";
        registry.register("attempts_repeated", help, leases.again.clone());
        registry.register(
            "reports_stale",
            "Reports under leases that were over",
            leases.stale.clone(),
        );
        let help = "Time that a trial waited before it was leased";
        registry.register_with_unit("trial_wait", help, Unit::Seconds, leases.waited.clone());
        let help = "Time from a call for work finding some to its answer, commit included";
        registry.register_with_unit("lease_answer", help, Unit::Seconds, leases.answered.clone());
        leases
    }

    pub fn note(&self, noted: &Noted) {
        let add = |counters: &[Counter], by: &[u32]| {
            for (counter, by) in counters.iter().zip(by).filter(|(_, by)| **by > 0) {
                counter.inc_by(u64::from(*by));
            }
        };
        add(&self.given, &noted.given);
        add(&self.ended, &noted.ended);
        add(
            &[self.renewed.clone(), self.again.clone()],
            &[noted.renewed, noted.again],
        );
        noted.waited.iter().for_each(|seconds| self.waited.observe(*seconds));
    }
}

/// New connections of the writer: made, and failed.
pub(crate) type Reconnects = [Counter; 2];

/// How the store does.
pub(crate) struct Store {
    pub transaction: Histogram,
    pub commit: Histogram,
    pub batch: Histogram,
    errors: [Counter; 9],
}

/// The kinds of errors, in the order of [`FaultKind`]; the last is for those that are no fault of the database.
const ERRORS: [&str; 9] = [
    "full",
    "read_only",
    "disk",
    "corrupt",
    "away",
    "taken",
    "busy",
    "other",
    "damaged",
];

impl Store {
    fn new(registry: &mut Registry, [made, failed]: &Reconnects) -> Self {
        let errors = [
            "store_errors",
            "Batches of commands undone by an error of the store",
            "kind",
        ];
        let store = Self {
            transaction: latency(),
            commit: latency(),
            batch: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            errors: counters(registry, errors, ERRORS),
        };
        let help = "Time of a transaction of the writer, from its beginning to the end of its commit";
        registry.register_with_unit("store_transaction", help, Unit::Seconds, store.transaction.clone());
        let help = "Time of its commit alone";
        registry.register_with_unit("store_commit", help, Unit::Seconds, store.commit.clone());
        let help = "Commands that shared a transaction";
        registry.register("store_batch_commands", help, store.batch.clone());
        let help = "New connections of the writer";
        registry.register("store_reconnects", help, made.clone());
        let help = "New connections of the writer that failed";
        registry.register("store_reconnects_failed", help, failed.clone());
        store
    }

    pub fn failed(&self, error: &StoreError) {
        let at = match error {
            StoreError::Database(fault) => match fault.kind {
                FaultKind::Full => 0,
                FaultKind::ReadOnly => 1,
                FaultKind::Disk => 2,
                FaultKind::Corrupt => 3,
                FaultKind::Away => 4,
                FaultKind::Taken => 5,
                FaultKind::Busy => 6,
                FaultKind::Other => 7,
            },
            StoreError::Damaged(_) | StoreError::NulInText | StoreError::Conflict(_) => 8,
        };
        self.errors[at].inc();
    }
}

/// A call, as its metrics name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Method {
    pub service: String,
    pub method: String,
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Ended {
    pub service: String,
    pub method: String,
    pub code: &'static str,
}

#[derive(Clone)]
pub(crate) struct Latency;

impl MetricConstructor<Histogram> for Latency {
    fn new_metric(&self) -> Histogram {
        latency()
    }
}

/// Calls over gRPC.
#[derive(Clone)]
pub(crate) struct Rpcs {
    pub ended: Family<Ended, Counter>,
    pub seconds: Family<Ended, Histogram, Latency>,
    pub running: Family<Method, Gauge>,
}

impl Rpcs {
    fn new(registry: &mut Registry) -> Self {
        let rpcs = Self {
            ended: Family::default(),
            seconds: Family::new_with_constructor(Latency),
            running: Family::default(),
        };
        registry.register("rpcs", "Calls that ended, by their status", rpcs.ended.clone());
        let help = "Time of a call from its arrival to the end of its answer, waiting on purpose included";
        registry.register_with_unit("rpc", help, Unit::Seconds, rpcs.seconds.clone());
        registry.register("rpcs_running", "Calls that go on", rpcs.running.clone());
        rpcs
    }
}
