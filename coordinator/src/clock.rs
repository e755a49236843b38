//! The coordinator's clock: the only source of time for decisions. Tests move it by hand.

use augur_core::time::Timestamp;
use std::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Notify;

/// Tells the time, and when it is worth looking at the leases again.
pub trait Clock: Send + Sync + 'static {
    /// The moment.
    fn now(&self) -> Timestamp;
    /// The moment by the calendar: for what ends on a date, and for records. The machine's clock may jump, and this one with it.
    fn wall(&self) -> Timestamp {
        self.now()
    }
    /// Ends when enough time has gone by for another look.
    fn tick(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// How much time goes by from one look to the next, where that is known.
    fn period(&self) -> Option<Duration> {
        None
    }
}

/// Real time. It begins at the machine's wall clock and then never jumps, whatever is done to that clock.
pub struct SystemClock {
    start: Timestamp,
    since: Instant,
}

impl SystemClock {
    /// How often leases are looked at.
    const PERIOD: Duration = Duration::from_millis(500);
}

fn calendar() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(0).after(since)
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: calendar(),
            since: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.start.after(self.since.elapsed())
    }

    fn wall(&self) -> Timestamp {
        calendar()
    }

    fn tick(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Self::PERIOD))
    }

    fn period(&self) -> Option<Duration> {
        Some(Self::PERIOD)
    }
}

/// A clock that stands still until it is moved.
pub struct ManualClock {
    now: AtomicI64,
    moved: Notify,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now: AtomicI64::new(now.0),
            moved: Notify::new(),
        }
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.now.store(self.now().after(by).0, Ordering::SeqCst);
        // One permit is kept where nobody waits yet: a move is never missed.
        self.moved.notify_one();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn tick(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.moved.notified())
    }
}
