//! The faults, and the plan of them: a function of the seed.

use super::Setting;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::time::Duration;

/// The last fault strikes before this share of the trials is over, so that all of them find something to disturb.
const LAST: f64 = 0.85;
/// The longest time from the moment that a fault waits for to the fault itself, seconds.
const LONGEST_DELAY: f64 = 1.5;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// SIGKILL of a worker, which is started again.
    WorkerKilled,
    /// SIGKILL of the child process that runs a worker's trial.
    SlotKilled,
    /// SIGKILL of the coordinator, which is started again on the same store.
    CoordinatorKilled,
    /// SIGSTOP of a worker for longer than its lease, then SIGCONT.
    WorkerStopped,
    /// SIGSTOP of the coordinator, then SIGCONT.
    CoordinatorStopped,
    /// A worker's connection is closed, and new ones too.
    WorkerCutOff,
    /// Nothing passes between a worker and the coordinator, and neither is told.
    WorkerUnheard,
    /// What a worker and the coordinator say to each other comes late.
    WorkerLate,
    /// SIGTERM of a worker, which gives its trial back; another one is started.
    WorkerTerminated,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::WorkerKilled,
        Self::SlotKilled,
        Self::CoordinatorKilled,
        Self::WorkerStopped,
        Self::CoordinatorStopped,
        Self::WorkerCutOff,
        Self::WorkerUnheard,
        Self::WorkerLate,
        Self::WorkerTerminated,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkerKilled => "worker killed (SIGKILL)",
            Self::SlotKilled => "trial's process killed (SIGKILL)",
            Self::CoordinatorKilled => "coordinator killed (SIGKILL)",
            Self::WorkerStopped => "worker stopped beyond its lease (SIGSTOP)",
            Self::CoordinatorStopped => "coordinator stopped (SIGSTOP)",
            Self::WorkerCutOff => "worker's connection cut",
            Self::WorkerUnheard => "worker's packets lost",
            Self::WorkerLate => "worker's packets late",
            Self::WorkerTerminated => "worker terminated (SIGTERM)",
        }
    }

    /// The shortest and the longest time that it lasts, in leases. Of what is killed: until it is started again.
    fn lasts(self) -> (f64, f64) {
        match self {
            Self::SlotKilled => (0.0, 0.0),
            Self::WorkerKilled | Self::CoordinatorKilled | Self::WorkerTerminated => (0.0, 0.6),
            Self::WorkerStopped => (1.2, 2.0),
            Self::CoordinatorStopped | Self::WorkerCutOff => (0.2, 2.0),
            // To beyond the time that a worker waits for an answer.
            Self::WorkerUnheard => (0.2, 6.0),
            Self::WorkerLate => (0.5, 2.0),
        }
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// What is done.
    pub kind: Kind,
    /// To which worker; of a fault of the coordinator without a meaning.
    pub worker: usize,
    /// It waits until this share of the trials is over, 0 to 1, ...
    pub after: f64,
    /// ... and then so many seconds.
    pub delay_s: f64,
    /// How long it lasts, seconds.
    pub lasts_s: f64,
}

impl Fault {
    /// From the moment that it waits for to the fault.
    pub fn delay(&self) -> Duration {
        Duration::from_secs_f64(self.delay_s)
    }

    /// How long it lasts.
    pub fn lasts(&self) -> Duration {
        Duration::from_secs_f64(self.lasts_s)
    }
}

/// So many faults for each sweep, in the order in which they strike; the kinds are as evenly spread over all of them as their
/// number allows. The same arguments give the same faults.
pub fn plan(seed: u64, counts: &[usize], setting: Setting) -> Vec<Vec<Fault>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut deck = Vec::new();
    let mut one = |_| {
        if deck.is_empty() {
            deck = Kind::ALL.to_vec();
            deck.shuffle(&mut random);
        }
        let kind = deck.pop().unwrap_or(Kind::WorkerKilled);
        let (shortest, longest) = kind.lasts();
        Fault {
            kind,
            worker: random.random_range(0..setting.workers),
            after: random.random_range(0.0..LAST),
            delay_s: random.random_range(0.0..LONGEST_DELAY),
            lasts_s: setting.lease_s * random.random_range(shortest..=longest),
        }
    };
    let sweep = |count: &usize| {
        let mut faults: Vec<Fault> = (0..*count).map(&mut one).collect();
        faults.sort_by(|a, b| a.after.total_cmp(&b.after));
        faults
    };
    counts.iter().map(sweep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: Setting = Setting {
        workers: 3,
        lease_s: 2.0,
    };

    #[test]
    fn the_same_seed_gives_the_same_faults_and_another_one_others() {
        assert_eq!(plan(7, &[25, 25], SETTING), plan(7, &[25, 25], SETTING));
        assert_ne!(plan(7, &[25, 25], SETTING), plan(8, &[25, 25], SETTING));
    }

    #[test]
    fn kinds_are_evenly_spread_and_faults_in_order() {
        for seed in 0..20 {
            let plan = plan(seed, &[25, 25], SETTING);
            for kind in Kind::ALL {
                let count = plan.iter().flatten().filter(|fault| fault.kind == kind).count();
                assert!((5..=6).contains(&count), "{count} of {kind:?}");
            }
            for faults in plan {
                assert_eq!(faults.len(), 25);
                assert!(faults.is_sorted_by(|a, b| a.after <= b.after));
                assert!(faults.iter().all(|fault| fault.worker < SETTING.workers));
                let stopped = faults.iter().filter(|fault| fault.kind == Kind::WorkerStopped);
                assert!(stopped.map(|fault| fault.lasts_s).all(|lasts| lasts > SETTING.lease_s));
            }
        }
    }
}
