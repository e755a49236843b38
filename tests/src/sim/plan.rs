//! What is simulated, as a function of a seed: the sweep, the crew, the network, what goes wrong, and what its user does.

use super::spec::{EPOCHS, Sweep};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Nothing goes wrong after this moment.
pub const HEALED: Duration = Duration::from_secs(40);
/// A sweep that nothing disturbs takes about so long, so that most faults find it at work, seconds.
const SWEEP: f64 = 35.0;
/// A fault lasts at most so long, seconds: beyond leases, calls and the keep-alive of connections.
const LONGEST: f64 = 25.0;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A worker is gone at once, and started again later.
    WorkerCrashed,
    /// So is the coordinator, on the same store.
    CoordinatorCrashed,
    /// A worker is told to leave in order, and started again later.
    WorkerStopped,
    /// Nothing passes between somebody and the coordinator, and what is on its way is lost.
    Partition,
    /// What somebody says does not come to the coordinator, but answers would.
    Unheard,
    /// What the coordinator says does not come to somebody.
    Deaf,
    /// All that passes between somebody and the coordinator comes late, all at once.
    Held,
    /// All that passes comes late and out of order.
    Slow,
    /// The link breaks and mends again and again, and what is on its way is lost.
    Lossy,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::WorkerCrashed,
        Self::CoordinatorCrashed,
        Self::WorkerStopped,
        Self::Partition,
        Self::Unheard,
        Self::Deaf,
        Self::Held,
        Self::Slow,
        Self::Lossy,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkerCrashed => "worker crashed",
            Self::CoordinatorCrashed => "coordinator crashed",
            Self::WorkerStopped => "worker told to leave",
            Self::Partition => "partition, healed",
            Self::Unheard => "nothing reaches the coordinator",
            Self::Deaf => "nothing comes from the coordinator",
            Self::Held => "messages held back, then released",
            Self::Slow => "messages late and out of order",
            Self::Lossy => "messages lost now and then",
        }
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: Kind,
    pub at: Duration,
    pub lasts: Duration,
    /// Which worker; one past the last is the client, where the network is at fault.
    pub whom: usize,
}

/// What the user does while the sweep runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Pauses the sweep, with or without giving back what runs.
    Pause { now: bool },
    /// Resumes it.
    Resume,
    /// Has a worker drained.
    Drain { worker: usize, now: bool },
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub seed: u64,
    pub sweep: Sweep,
    /// Slots of each worker.
    pub workers: Vec<u32>,
    /// An epoch of a trial takes half of it to one and a half.
    pub epoch: Duration,
    /// The longest that a message takes while all is well.
    pub latency: Duration,
    pub faults: Vec<Fault>,
    /// Each with the time that it waits for after the one before.
    pub verbs: Vec<(Duration, Verb)>,
}

impl Plan {
    /// The run of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let sweep = Sweep::new(&mut random, seed % 2 == 1);
        let crew = random.random_range(3..=8);
        let workers: Vec<u32> = (0..crew).map(|_| random.random_range(1..=3)).collect();
        let latency = Duration::from_millis(random.random_range(2..=200));
        let faults = (0..random.random_range(3..=16))
            .map(|_| fault(&mut random, crew))
            .collect();
        let verbs = verbs(&mut random, crew);
        Self {
            seed,
            sweep,
            epoch: epoch(sweep, workers.iter().sum()),
            workers,
            latency,
            faults,
            verbs,
        }
    }

    /// The same sweep with nothing that disturbs it.
    pub fn calm(&self) -> Self {
        Self {
            faults: Vec::new(),
            verbs: Vec::new(),
            workers: vec![2; 4],
            epoch: Duration::from_millis(100),
            latency: Duration::from_millis(2),
            ..self.clone()
        }
    }

    /// Whether nothing disturbs it.
    pub fn is_calm(&self) -> bool {
        self.faults.is_empty()
    }
}

/// What an epoch takes if a sweep is to last [`SWEEP`] in a crew of so many slots.
fn epoch(sweep: Sweep, slots: u32) -> Duration {
    Duration::from_secs_f64(SWEEP * f64::from(slots) / f64::from(sweep.trials() * EPOCHS))
}

fn fault(random: &mut ChaCha8Rng, crew: usize) -> Fault {
    let at = random.random_range(0.0..HEALED.as_secs_f64());
    // Evenly spread over orders of magnitude.
    let lasts = 0.05 * (LONGEST / 0.05_f64).powf(random.random());
    Fault {
        kind: *Kind::ALL.choose(random).unwrap_or(&Kind::Partition),
        at: Duration::from_secs_f64(at),
        lasts: Duration::from_secs_f64(lasts.min(HEALED.as_secs_f64() - at)),
        whom: random.random_range(0..=crew),
    }
}

fn verbs(random: &mut ChaCha8Rng, crew: usize) -> Vec<(Duration, Verb)> {
    let mut verbs = Vec::new();
    for _ in 0..random.random_range(0..=3) {
        let mut soon = || Duration::from_secs_f64(random.random_range(0.0..8.0));
        let (before, then) = (soon(), soon());
        if random.random() {
            let now = random.random();
            verbs.extend([(before, Verb::Pause { now }), (then, Verb::Resume)]);
        } else {
            let (worker, now) = (random.random_range(0..crew), random.random());
            verbs.push((before, Verb::Drain { worker, now }));
        }
    }
    verbs
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_gives_one_plan_and_every_kind_of_fault_comes() {
        assert_eq!(Plan::new(7), Plan::new(7));
        assert_ne!(Plan::new(7), Plan::new(9));
        let plans: Vec<Plan> = (0..100).map(Plan::new).collect();
        let kinds: BTreeSet<Kind> = plans
            .iter()
            .flat_map(|plan| &plan.faults)
            .map(|fault| fault.kind)
            .collect();
        assert!(kinds.iter().eq(BTreeSet::from(Kind::ALL).iter()));
        let ends = plans
            .iter()
            .flat_map(|plan| &plan.faults)
            .map(|fault| fault.at + fault.lasts);
        assert!(ends.max().unwrap() <= HEALED + Duration::from_millis(1));
        for plan in &plans {
            let count = |verb: fn(&Verb) -> bool| plan.verbs.iter().filter(|(_, it)| verb(it)).count();
            let pauses = count(|verb| matches!(verb, Verb::Pause { .. }));
            assert_eq!(pauses, count(|verb| *verb == Verb::Resume));
        }
    }
}
