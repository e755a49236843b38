//! How much one caller may ask for. Generous: whoever meets a limit does something by mistake, or on purpose.

use super::{arrivals::Room, error::Denial, roles::Right};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::keyed::HashMapStateStore,
};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls in a second, of each caller, but for those of workers.
    pub calls: NonZeroU32,
    /// Streams that each caller may have open at a time.
    pub streams: usize,
    /// How long a call may take that gives one answer.
    pub deadline: Duration,
    /// Connections.
    pub room: Room,
}

/// Calls in a second, of each caller, unless said otherwise.
pub const CALLS: NonZeroU32 = NonZeroU32::new(500).expect("not 0");

/// A token of workers may belong to a thousand of them.
const OF_WORKERS: u32 = 20;

/// A caller may be ahead by so many seconds.
const AHEAD: u32 = 4;

/// Callers are forgotten who have not called for long, once in so many calls.
const TIDY: u32 = 10_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: CALLS,
            streams: 256,
            // A worker waits for a lease for up to a minute.
            deadline: Duration::from_secs(120),
            room: Room { all: 8192, each: 2048 },
        }
    }
}

type Limiter = RateLimiter<Arc<str>, HashMapStateStore<Arc<str>>, Pace, NoOpMiddleware<Nanos>>;

/// Says how much time has gone by.
#[derive(Clone)]
struct Pace(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock for Pace {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        (self.0)().into()
    }
}

/// What each caller has used.
pub(super) struct Used {
    limits: Limits,
    pace: Pace,
    others: Limiter,
    workers: Limiter,
    checked: AtomicU32,
    streams: Arc<Mutex<HashMap<Arc<str>, usize>>>,
}

impl Used {
    /// Time as tokio has it: a simulation's, where there is one.
    pub fn new(limits: Limits) -> Self {
        let begin = Instant::now();
        Self::by(limits, Arc::new(move || begin.elapsed()))
    }

    fn by(limits: Limits, elapsed: Arc<dyn Fn() -> Duration + Send + Sync>) -> Self {
        let pace = Pace(elapsed);
        let limiter = |calls: NonZeroU32| {
            let quota = Quota::per_second(calls).allow_burst(calls.saturating_mul(ahead()));
            RateLimiter::hashmap_with_clock(quota, pace.clone())
        };
        let workers = NonZeroU32::new(OF_WORKERS).unwrap_or(NonZeroU32::MIN);
        Self {
            limits,
            others: limiter(limits.calls),
            workers: limiter(limits.calls.saturating_mul(workers)),
            pace,
            checked: AtomicU32::new(0),
            streams: Arc::default(),
        }
    }

    /// Counts a call.
    pub fn call(&self, caller: &Arc<str>, right: Right) -> Result<(), Denial> {
        if self.checked.fetch_add(1, Relaxed) % TIDY == TIDY - 1 {
            self.others.retain_recent();
            self.workers.retain_recent();
        }
        let limiter = if right == Right::Work {
            &self.workers
        } else {
            &self.others
        };
        limiter.check_key(caller).map_err(|until| {
            let wait = until.earliest_possible().duration_since(self.pace.now());
            Denial::TooManyCalls(caller.to_string(), wait.into())
        })
    }

    /// Counts a stream until what it gives is dropped.
    pub fn stream(&self, caller: &Arc<str>) -> Result<Open, Denial> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let open = streams.entry(caller.clone()).or_default();
        if *open >= self.limits.streams {
            return Err(Denial::TooManyStreams(caller.to_string(), self.limits.streams));
        }
        *open += 1;
        Ok(Open {
            streams: self.streams.clone(),
            caller: caller.clone(),
        })
    }
}

fn ahead() -> NonZeroU32 {
    NonZeroU32::new(AHEAD).unwrap_or(NonZeroU32::MIN)
}

/// A stream that is open.
pub(crate) struct Open {
    streams: Arc<Mutex<HashMap<Arc<str>, usize>>>,
    caller: Arc<str>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = streams.get_mut(&self.caller) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;

    /// What is used, by a clock that a test moves by seconds.
    fn used(calls: NonZeroU32) -> (Used, Arc<AtomicU32>) {
        let limits = Limits {
            calls,
            streams: 2,
            ..Limits::default()
        };
        let seconds = Arc::new(AtomicU32::new(0));
        let clock = seconds.clone();
        let elapsed = move || Duration::from_secs(clock.load(Relaxed).into());
        (Used::by(limits, Arc::new(elapsed)), seconds)
    }

    #[test]
    fn a_caller_may_be_ahead_and_then_waits_as_long_as_it_is_told() {
        let (used, seconds) = used(NonZeroU32::MIN);
        let caller: Arc<str> = "alice".into();
        for _ in 0..AHEAD {
            used.call(&caller, Right::Read).unwrap();
        }
        let Err(Denial::TooManyCalls(name, wait)) = used.call(&caller, Right::Decide) else {
            panic!("one call too many")
        };
        assert_eq!((name.as_str(), wait), ("alice", Duration::from_secs(1)));
        assert!(used.call(&"bob".into(), Right::Read).is_ok(), "another caller");
        assert!(used.call(&caller, Right::Work).is_ok(), "workers' calls count apart");
        seconds.fetch_add(1, Relaxed);
        used.call(&caller, Right::Read).unwrap();
        assert!(used.call(&caller, Right::Read).is_err());
    }

    #[test]
    fn a_thousand_workers_with_one_token_never_meet_the_limit() {
        let (used, seconds) = used(CALLS);
        let token: Arc<str> = "workers".into();
        for _ in 0..60 {
            // A heartbeat, a report, a question for work, and room for another of each.
            for _ in 0..6_000 {
                used.call(&token, Right::Work).unwrap();
            }
            seconds.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn streams_are_counted_until_they_end() {
        let (used, _) = used(NonZeroU32::MIN);
        let caller: Arc<str> = "alice".into();
        let open = [used.stream(&caller).unwrap(), used.stream(&caller).unwrap()];
        assert!(matches!(used.stream(&caller), Err(Denial::TooManyStreams(..))));
        drop(open);
        assert!(used.stream(&caller).is_ok());
    }
}
