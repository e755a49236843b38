//! The faults of a run, as they strike its hosts and their network, and as they are undone.

use super::{
    network::COORDINATOR,
    plan::{Fault, HEALED, Kind, Plan},
    run::{CLIENT, Hosts},
    worker,
};
use std::{collections::BTreeMap, time::Duration};
use turmoil::Sim;

/// The longest that a message takes on a slow link.
const SLOW: Duration = Duration::from_secs(4);
/// The share of messages at which a lossy link breaks.
const LOSS: f64 = 0.05;

/// What is going to happen.
pub struct Weather {
    /// In the order of their moments; true where the fault begins.
    changes: Vec<(Duration, bool, Fault)>,
    latency: Duration,
    crew: usize,
    is_healed: bool,
    /// Faults that found something to strike.
    pub struck: BTreeMap<Kind, usize>,
}

impl Weather {
    pub fn new(plan: &Plan) -> Self {
        let both = |fault: &Fault| {
            [
                (fault.at, true, fault.clone()),
                (fault.at + fault.lasts, false, fault.clone()),
            ]
        };
        let mut changes: Vec<_> = plan.faults.iter().flat_map(both).collect();
        // The next one last, to be popped.
        changes.sort_by_key(|change| std::cmp::Reverse(change.0));
        Self {
            changes,
            latency: plan.latency,
            crew: plan.workers.len(),
            is_healed: false,
            struck: BTreeMap::new(),
        }
    }

    /// Lets happen what is due.
    pub fn change(&mut self, sim: &mut Sim<'_>, hosts: &Hosts) {
        while let Some((_, begins, fault)) = self.changes.pop_if(|(at, ..)| *at <= sim.elapsed()) {
            if begins {
                if self.begin(&fault, sim, hosts) {
                    *self.struck.entry(fault.kind).or_default() += 1;
                }
            } else {
                self.end(&fault, sim);
            }
        }
        if sim.elapsed() >= HEALED {
            self.heal(sim);
        }
    }

    /// Whether there was something to strike.
    fn begin(&self, fault: &Fault, sim: &mut Sim<'_>, hosts: &Hosts) -> bool {
        let worker = fault.whom % self.crew;
        let name = self.name(fault);
        match fault.kind {
            Kind::WorkerCrashed => crash(sim, &worker::name(worker)),
            Kind::CoordinatorCrashed => crash(sim, COORDINATOR),
            Kind::WorkerStopped => {
                hosts.workers[worker].stop();
                sim.is_host_running(worker::name(worker))
            }
            Kind::Partition => {
                sim.partition(name, COORDINATOR);
                true
            }
            Kind::Unheard => {
                sim.partition_oneway(name, COORDINATOR);
                true
            }
            Kind::Deaf => {
                sim.partition_oneway(COORDINATOR, name);
                true
            }
            Kind::Held => {
                sim.hold(name, COORDINATOR);
                true
            }
            Kind::Slow => {
                sim.set_link_max_message_latency(name, COORDINATOR, SLOW);
                true
            }
            Kind::Lossy => {
                sim.set_link_fail_rate(name, COORDINATOR, LOSS);
                true
            }
        }
    }

    fn end(&self, fault: &Fault, sim: &mut Sim<'_>) {
        let name = self.name(fault);
        match fault.kind {
            Kind::WorkerCrashed | Kind::WorkerStopped => start(sim, &worker::name(fault.whom % self.crew)),
            Kind::CoordinatorCrashed => start(sim, COORDINATOR),
            Kind::Partition | Kind::Unheard | Kind::Deaf | Kind::Held => sim.release(name, COORDINATOR),
            Kind::Slow => sim.set_link_max_message_latency(name, COORDINATOR, self.latency),
            Kind::Lossy => {
                sim.set_link_fail_rate(name.as_str(), COORDINATOR, 0.0);
                sim.release(name, COORDINATOR);
            }
        }
    }

    /// Whose link with the coordinator is at fault.
    fn name(&self, fault: &Fault) -> String {
        if fault.whom == self.crew {
            CLIENT.to_owned()
        } else {
            worker::name(fault.whom)
        }
    }

    /// Everything works from now on, and whoever has left is started again.
    fn heal(&mut self, sim: &mut Sim<'_>) {
        let others: Vec<String> = (0..self.crew).map(worker::name).collect();
        if !std::mem::replace(&mut self.is_healed, true) {
            for name in others.iter().map(String::as_str).chain([CLIENT]) {
                sim.set_link_fail_rate(name, COORDINATOR, 0.0);
                sim.set_link_max_message_latency(name, COORDINATOR, self.latency);
                sim.release(name, COORDINATOR);
            }
        }
        for name in others.iter().map(String::as_str).chain([COORDINATOR]) {
            start(sim, name);
        }
    }
}

fn crash(sim: &mut Sim<'_>, name: &str) -> bool {
    let runs = sim.is_host_running(name);
    sim.crash(name);
    runs
}

fn start(sim: &mut Sim<'_>, name: &str) {
    if !sim.is_host_running(name) {
        sim.bounce(name);
    }
}
