//! What the store and the engine say at the moment of a scrape.

use super::metrics::One;
use crate::{
    engine::CoordinatorHandle,
    error::Result,
    store::overview::{self, Fleet, Open, SweepsIn, Trials},
};
use augur_core::{sweep::SweepState, time::Timestamp};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::ConstCounter,
        family::Family,
        gauge::{ConstGauge, Gauge},
    },
    registry::{Registry, Unit},
};
use std::path::Path;

/// What is read from the store.
pub(super) struct Facts {
    sweeps: Vec<SweepsIn>,
    open: Vec<Open>,
    evaluations: [i64; 2],
    fleet: Fleet,
    now: Timestamp,
}

/// Reads them, in one view.
pub(super) async fn read(handle: &CoordinatorHandle) -> Result<Facts> {
    let now = handle.now();
    let lease = i64::try_from(handle.settings().lease.as_millis()).unwrap_or(i64::MAX);
    let mut view = handle.view().await?;
    let conn = view.conn();
    Ok(Facts {
        sweeps: overview::sweeps(conn).await?,
        open: overview::open(conn).await?,
        evaluations: overview::evaluations(conn).await?,
        fleet: overview::fleet(conn, Timestamp(now.0.saturating_sub(lease))).await?,
        now,
    })
}

/// A gauge with one label.
fn by(registry: &mut Registry, [name, help, label]: [&'static str; 3], values: &[(&'static str, i64)]) {
    let family = Family::<One, Gauge>::default();
    registry.register(name, help, family.clone());
    for (state, value) in values {
        family.get_or_create(&[(label, *state)]).set(*value);
    }
}

fn of_trials(trials: &Trials) -> [(&'static str, i64); 6] {
    [
        ("pending", trials.pending),
        ("running", trials.running),
        ("completed", trials.completed),
        ("failed", trials.failed),
        ("cancelled", trials.cancelled),
        ("stopped", trials.stopped),
    ]
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSweep {
    sweep: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Paused {
    sweep: String,
    by: &'static str,
}

impl Facts {
    pub(super) fn register(&self, registry: &mut Registry) {
        self.sweeps(registry);
        self.open(registry);
        self.fleet(registry);
    }

    fn sweeps(&self, registry: &mut Registry) {
        let states = [
            ("running", SweepState::Running),
            ("paused", SweepState::Paused),
            ("succeeded", SweepState::Succeeded),
            ("failed", SweepState::Failed),
            ("cancelled", SweepState::Cancelled),
        ];
        let count = |state| {
            self.sweeps
                .iter()
                .find(|sweeps| sweeps.state == state)
                .map_or(0, |sweeps| sweeps.sweeps)
        };
        let sweeps = states.map(|(name, state)| (name, count(state)));
        by(registry, ["sweeps", "Sweeps by state", "state"], &sweeps);
        let sum = |of: fn(&SweepsIn) -> i64| self.sweeps.iter().map(of).sum::<i64>();
        let trials = Trials {
            pending: sum(|sweeps| sweeps.trials.pending),
            running: sum(|sweeps| sweeps.trials.running),
            completed: sum(|sweeps| sweeps.trials.completed),
            failed: sum(|sweeps| sweeps.trials.failed),
            cancelled: sum(|sweeps| sweeps.trials.cancelled),
            stopped: sum(|sweeps| sweeps.trials.stopped),
        };
        by(
            registry,
            ["trials", "Trials of all sweeps by state", "state"],
            &of_trials(&trials),
        );
        let (done, selected) = (sum(|sweeps| sweeps.groups_done), sum(|sweeps| sweeps.groups_selected));
        let groups = [
            ("open", sum(|sweeps| sweeps.groups) - done),
            ("selected", selected),
            ("empty", done - selected),
        ];
        by(
            registry,
            [
                "groups",
                "Groups of all sweeps: open, or done with a selected trial or without",
                "state",
            ],
            &groups,
        );
        let [waiting, running] = self.evaluations;
        let evaluations = [("pending", waiting), ("running", running)];
        by(
            registry,
            ["evaluations", "Evaluations that are not over", "state"],
            &evaluations,
        );
        let busy = trials.running + running;
        let slots = [("busy", busy), ("free", (self.fleet.slots - busy).max(0))];
        by(
            registry,
            ["slots", "Slots of the workers: with a lease, and without", "state"],
            &slots,
        );
    }

    fn open(&self, registry: &mut Registry) {
        let trials = Family::<OfSweep, Gauge>::default();
        let paused = Family::<Paused, Gauge>::default();
        for open in &self.open {
            for (state, count) in of_trials(&open.trials) {
                let sweep = open.name.clone();
                trials.get_or_create(&OfSweep { sweep, state }).set(count);
            }
            // The circuit breaker says which trials failed; people have one text.
            let by_breaker = open
                .pause_reason
                .as_ref()
                .map(|reason| reason != crate::engine::PAUSED_BY_SOMEBODY);
            for (by, is_paused) in [
                ("breaker", by_breaker == Some(true)),
                ("user", by_breaker == Some(false)),
            ] {
                let sweep = open.name.clone();
                paused.get_or_create(&Paused { sweep, by }).set(is_paused.into());
            }
        }
        let help = "Trials by state, of each sweep that is running or paused";
        registry.register("sweep_trials", help, trials);
        let help = "1 while a sweep is paused, by its circuit breaker or by a user";
        registry.register("sweep_paused", help, paused);
    }

    fn fleet(&self, registry: &mut Registry) {
        let Fleet {
            connected,
            draining,
            silent,
            newest,
            oldest,
            ..
        } = self.fleet;
        let workers = [("connected", connected), ("draining", draining), ("silent", silent)];
        by(
            registry,
            ["workers", "Workers that have not said goodbye", "state"],
            &workers,
        );
        let age = |then: Timestamp| self.now.0.saturating_sub(then.0).max(0) as f64 / 1000.0;
        let ages = Family::<One, Gauge<f64, std::sync::atomic::AtomicU64>>::default();
        for (which, then) in [("newest", newest), ("oldest", oldest)] {
            if let Some(then) = then {
                ages.get_or_create(&[("which", which)]).set(age(then));
            }
        }
        let help = "Time since a worker was last heard of: any at all, and the one of those connected that is due most";
        registry.register_with_unit("worker_heartbeat_age", help, Unit::Seconds, ages);
    }
}

/// Whether it leads or stands by.
pub(super) fn of_role(leads: bool, registry: &mut Registry) {
    let leads = ConstGauge::new(u64::from(leads));
    registry.register("leads", "1 while it has the store, 0 while it stands by", leads);
}

/// What needs no store.
pub(super) fn of_engine(handle: &CoordinatorHandle, is_readable: bool, registry: &mut Registry) {
    of_role(true, registry);
    let bit = |is: bool| ConstGauge::new(u64::from(is));
    registry.register(
        "store_trouble",
        "1 while the store can't be written",
        bit(!handle.trouble().is_empty()),
    );
    registry.register(
        "store_readable",
        "1 where this scrape could read the store",
        bit(is_readable),
    );
    let waiting = ConstGauge::new(handle.waiting() as u64);
    registry.register("engine_queue_commands", "Commands that wait for the writer", waiting);
    let watchers = ConstGauge::new(handle.counters().watchers());
    registry.register("watchers", "Watches of sweeps that go on", watchers);
    let [exported, lost] = handle
        .watching()
        .traces()
        .map_or([0, 0], augur_watching::traces::Traces::tally);
    registry.register(
        "spans_exported",
        "Spans that the collector took",
        ConstCounter::new(exported),
    );
    registry.register(
        "spans_lost",
        "Spans that the collector did not take",
        ConstCounter::new(lost),
    );
}

/// The room on the disk of a store that is a file.
pub(super) fn of_disk(path: &Path, registry: &mut Registry) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(disk) = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))) else {
        return;
    };
    let bytes = |blocks: u64| ConstGauge::new(blocks.saturating_mul(disk.f_frsize));
    let help = "Room that is left on the store's disk";
    registry.register_with_unit("store_disk_free", help, Unit::Bytes, bytes(disk.f_bavail));
    registry.register_with_unit(
        "store_disk_size",
        "Size of the store's disk",
        Unit::Bytes,
        bytes(disk.f_blocks),
    );
    if let Ok(file) = std::fs::metadata(path) {
        let size = ConstGauge::new(file.len());
        registry.register_with_unit(
            "store_file_size",
            "Size of the store's file, without its log",
            Unit::Bytes,
            size,
        );
    }
}
