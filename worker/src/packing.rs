//! Which trials may run side by side: as many as there are slots, as long as their memory fits. What a trial takes is measured
//! by shape, and bounded where it has not been. Memory that runs out all the same is a reason to run fewer at once, not a
//! failure of the trial.

use augur_core::{
    memory::{bound, shape},
    plan::TrialSpec,
};
use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;
use tracing::debug;

/// The share of the memory that is there at the start which trials may take.
const SHARE: f64 = 0.9;

/// The trials that run in this worker, and what is known of their memory.
#[derive(Clone)]
pub(crate) struct Packing(Arc<Shared>);

struct Shared {
    /// Bytes that trials may take; none where the system doesn't say.
    budget: Option<u64>,
    state: Mutex<State>,
    /// Somebody has ended.
    room: Notify,
}

#[derive(Default)]
struct State {
    /// The trials that run, by the number of their permit.
    running: HashMap<u64, Running>,
    permits: u64,
    /// Measured peaks, bytes.
    peaks: HashMap<String, u64>,
    /// How many may run at once while a trial of this shape does, it included; of shapes that ran out of memory.
    most: HashMap<String, usize>,
}

struct Running {
    shape: String,
    /// Expected, bytes.
    peak: u64,
    /// The most trials that ran at once since it began, it included: when memory runs out, those beside it may have ended a
    /// moment before.
    at_once: usize,
}

/// The right to run one trial; given back when dropped.
pub(crate) struct Permit {
    packing: Packing,
    shape: String,
    number: u64,
}

impl Packing {
    /// For trials that may take `budget` bytes together.
    pub fn new(budget: Option<u64>) -> Self {
        Self(Arc::new(Shared {
            budget,
            state: Mutex::default(),
            room: Notify::new(),
        }))
    }

    /// The right to run a trial, as soon as it fits. One that runs alone always may.
    pub async fn admit(&self, trial: &TrialSpec) -> Permit {
        let shape = shape(trial);
        let bound = bound(trial);
        loop {
            let room = self.0.room.notified();
            if let Some(number) = self.try_admit(&shape, bound) {
                return Permit {
                    packing: self.clone(),
                    shape,
                    number,
                };
            }
            room.await;
        }
    }

    fn try_admit(&self, shape: &str, bound: u64) -> Option<u64> {
        let mut state = self.state();
        let peak = state.peaks.get(shape).copied().unwrap_or(bound);
        let at_once = state.running.len() + 1;
        let taken: u64 = state.running.values().map(|running| running.peak).sum();
        let fits = self.0.budget.is_none_or(|budget| taken.saturating_add(peak) <= budget);
        let shapes = state.running.values().map(|running| running.shape.as_str());
        let few = shapes
            .chain([shape])
            .all(|shape| state.most.get(shape).is_none_or(|most| at_once <= *most));
        if at_once > 1 && !(fits && few) {
            return None;
        }
        for running in state.running.values_mut() {
            running.at_once = running.at_once.max(at_once);
        }
        state.permits += 1;
        let number = state.permits;
        let running = Running {
            shape: shape.to_owned(),
            peak,
            at_once,
        };
        state.running.insert(number, running);
        Some(number)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Notes the measured peak of a trial that ended well.
    pub fn measured(&self, bytes: u64) {
        let mut state = self.packing.state();
        if let Some(running) = state.running.get(&self.number) {
            debug!("a trial took {} MiB; {} were expected", bytes >> 20, running.peak >> 20);
        }
        let peak = state.peaks.entry(self.shape.clone()).or_default();
        *peak = bytes.max(*peak);
    }

    /// Notes that memory ran out: from now on one fewer runs at once with a trial of this shape. How many that leaves; none where
    /// it ran alone.
    pub fn ran_out(&self) -> Option<usize> {
        let mut state = self.packing.state();
        let fewer = state.running.get(&self.number)?.at_once - 1;
        if fewer == 0 {
            return None;
        }
        let most = state.most.entry(self.shape.clone()).or_insert(fewer);
        *most = fewer.min(*most);
        Some(*most)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.packing.state().running.remove(&self.number);
        self.packing.0.room.notify_waiters();
    }
}

/// What trials may take of the memory that is there now: of the machine and of this process's control group, the lesser.
pub(crate) fn budget() -> Option<u64> {
    let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    })?;
    let number = |file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let group = number("/sys/fs/cgroup/memory.max")
        .zip(number("/sys/fs/cgroup/memory.current"))
        .map(|(most, now)| most.saturating_sub(now));
    Some((available.min(group.unwrap_or(u64::MAX)) as f64 * SHARE) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permit(packing: &Packing, shape: &str, bound: u64) -> Option<Permit> {
        Some(Permit {
            number: packing.try_admit(shape, bound)?,
            packing: packing.clone(),
            shape: shape.to_owned(),
        })
    }

    #[test]
    fn what_does_not_fit_waits_and_one_alone_always_runs() {
        let packing = Packing::new(Some(100));
        let first = permit(&packing, "a", 60).unwrap();
        assert!(permit(&packing, "a", 60).is_none());
        // Measured, it is smaller than its bound.
        first.measured(45);
        drop(first);
        let two = [(); 2].map(|()| permit(&packing, "a", 60).unwrap());
        assert!(permit(&packing, "a", 60).is_none());
        drop(two);
        assert!(permit(&packing, "b", 1000).is_some());
    }

    #[test]
    fn memory_that_ran_out_leaves_one_fewer_at_once_down_to_one() {
        let packing = Packing::new(None);
        let mut three: Vec<_> = (0..3).map(|_| permit(&packing, "a", 1).unwrap()).collect();
        assert_eq!(three.pop().unwrap().ran_out(), Some(2));
        assert!(permit(&packing, "a", 1).is_none(), "two run already");
        assert!(permit(&packing, "b", 1).is_none(), "nor beside them");
        for last in [2, 2] {
            // Each ran beside two others, whoever has ended since.
            assert_eq!(three.pop().unwrap().ran_out(), Some(last));
        }
        let two = [(); 2].map(|()| permit(&packing, "a", 1).unwrap());
        assert_eq!(two[0].ran_out(), Some(1));
        drop(two);
        let alone = permit(&packing, "a", 1).unwrap();
        assert!(permit(&packing, "b", 1).is_none(), "it is left alone");
        assert_eq!(alone.ran_out(), None);
    }

    #[tokio::test]
    async fn whoever_waits_is_let_in_when_another_ends() {
        let packing = Packing::new(Some(1));
        let first = permit(&packing, "a", 1).unwrap();
        let yaml = "version: 1\nname: a\ndata: {fashion_mnist: {}}\ntasks: [{normal: sneaker, anomaly: {class: dress}}]\n\
                    families: [{rotation: {starts: [{angle_deg: 30}]}}]\nseeds: [0]\n";
        let trial = augur_core::plan::Plan::new(augur_core::spec::parse(yaml).unwrap()).trial(0);
        let waits = packing.admit(&trial);
        tokio::pin!(waits);
        assert!(futures_pending(waits.as_mut()).await);
        drop(first);
        waits.await;
    }

    /// Whether a future is not ready yet.
    async fn futures_pending<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
        std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
    }

    #[test]
    fn the_machine_says_what_it_has() {
        assert!(budget().unwrap() > 1 << 20);
    }
}
