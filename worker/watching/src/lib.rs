//! What a worker shows to those who operate it: its slots, the state of its link, and its GPUs. Without libtorch.

mod gpus;

use augur_link::{Coordinator, Ended, Link};
use augur_watching::{exposition, process::process};
use gpus::Gpus;
use prometheus_client::{
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        info::Info,
    },
    registry::{Registry, Unit},
};
use std::{fmt, io, net::SocketAddr};
use tokio_util::sync::CancellationToken;

/// What the metrics are of.
struct Worker {
    link: Link,
    slots: u32,
    gpus: Gpus,
    libtorch: String,
}

/// Serves `/metrics` of a worker at `address` until `stopping`; gives the address with its port.
///
/// # Errors
/// An address that can't be listened on.
pub async fn serve(
    address: SocketAddr,
    link: Link,
    (slots, libtorch): (u32, &str),
    stopping: CancellationToken,
) -> io::Result<SocketAddr> {
    let worker = Worker {
        link,
        slots,
        gpus: Gpus::find(),
        libtorch: libtorch.to_owned(),
    };
    let (address, _) = exposition::serve(address, move || worker.text(), stopping).await?;
    tracing::info!("metrics on http://{address}/metrics");
    Ok(address)
}

impl Worker {
    fn text(&self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("augur_worker");
        self.of_slots(&mut registry);
        of_link(&self.link.coordinator, &mut registry);
        self.gpus.register(&mut registry);
        exposition::open_metrics(&[&registry, &process()])
    }

    fn of_slots(&self, registry: &mut Registry) {
        let build = Info::new([
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("libtorch", self.libtorch.clone()),
            ("worker", self.link.coordinator.worker_id()),
        ]);
        registry.register(
            "build",
            "What runs: its version, its libtorch, the worker's identifier",
            build,
        );
        let busy = i64::try_from(self.link.held()).unwrap_or(i64::MAX);
        let slots = Family::<[(&str, &str); 1], Gauge>::default();
        for (state, count) in [("busy", busy), ("free", (i64::from(self.slots) - busy).max(0))] {
            slots.get_or_create(&[("state", state)]).set(count);
        }
        registry.register("slots", "Slots: with a lease, and without", slots);
    }
}

fn of_link(coordinator: &Coordinator, registry: &mut Registry) {
    let tally = coordinator.tally();
    let ended = Family::<[(&str, &str); 1], Counter>::default();
    for (how, name) in Ended::ALL {
        ended.get_or_create(&[("end", name)]).inc_by(tally.ended(how));
    }
    registry.register("leases_ended", "Leases that ended here, by how", ended);
    let away = ConstGauge::new(u64::from(coordinator.is_away()));
    registry.register("coordinator_away", "1 while the coordinator can't be reached", away);
    let silence = ConstGauge::new(tally.silence());
    let help = "Time since the coordinator last answered";
    registry.register_with_unit("coordinator_silence", help, Unit::Seconds, silence);
    let help = "Calls of the coordinator that were tried again";
    registry.register("calls_repeated", help, ConstCounter::new(tally.repeated()));
    let help = "Registrations at a coordinator; each after the first is one that was lost or restarted";
    registry.register("registrations", help, ConstCounter::new(tally.registered()));
    let help = "Trials that were given back with a checkpoint";
    registry.register("checkpoints_left", help, ConstCounter::new(tally.checkpoints()));
}
