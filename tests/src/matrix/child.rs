//! The coordinator as a process of its own, told over standard input what to do, and killed at a step.

use super::{Fault, Mode};
use anyhow::{Context, Result};
use augur_coordinator::{Config, Coordinator, Fate, FaultKind, Location, Observer, Settings, Step, clock::Clock};
use augur_core::time::Timestamp;
use std::{
    future::Future,
    io::{self, Write},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::{Notify, watch},
};

/// How long a lease lasts: far longer than all moves of the clock together that aren't meant to end one.
pub const LEASE: Duration = Duration::from_secs(3600);

/// What a child is told when it is started.
pub struct Options {
    /// Where its store is.
    pub store: Location,
    /// What its clock shows, in ms.
    pub now: i64,
    /// What happens to it.
    pub fault: Option<Fault>,
}

/// Runs a coordinator until standard input ends. Prints `listening on URL` once it has taken up its store, and an answer to
/// each line of standard input: `advance MS` moves the clock, `steps` asks for the names of the steps so far.
///
/// # Errors
/// A coordinator that can't be started.
pub async fn run(options: Options) -> Result<()> {
    let (clock, steps) = (Arc::new(MovedClock::new(options.now)), Arc::new(Steps::new(&options)));
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        store: options.store,
        safety: Default::default(),
        settings: Settings {
            lease: LEASE,
            ..Settings::default()
        },
    };
    let coordinator = Coordinator::start_observed(config, clock.clone(), steps.clone()).await?;
    clock.settled(0).await;
    say(&format!("listening on http://{}", coordinator.address()))?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match line.split_once(' ') {
            Some(("advance", by)) => {
                clock.advance(by.parse().context("milliseconds")?).await;
                say("advanced")?;
            }
            _ => say(&serde_json::to_string(&steps.names())?)?,
        }
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// A clock that stands still until it is moved, and knows when the engine has looked at the leases.
struct MovedClock {
    now: AtomicI64,
    moved: Notify,
    /// How often the engine began to wait for the next look.
    waits: watch::Sender<u64>,
}

impl MovedClock {
    fn new(now: i64) -> Self {
        Self {
            now: AtomicI64::new(now),
            moved: Notify::new(),
            waits: watch::Sender::new(0),
        }
    }

    /// Moves it on by so many ms; comes back once the engine has done what was due.
    async fn advance(&self, by: i64) {
        let waits = *self.waits.borrow();
        self.now.fetch_add(by, Ordering::SeqCst);
        self.moved.notify_one();
        self.settled(waits).await;
    }

    /// Comes back once the engine waits for the look after the last of so many.
    async fn settled(&self, waits: u64) {
        // The sender is this clock's own.
        let _ = self.waits.subscribe().wait_for(|count| *count > waits).await;
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn tick(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            // Polled for the first time when the engine has nothing left to do.
            self.waits.send_modify(|count| *count += 1);
            self.moved.notified().await;
        })
    }
}

/// Counts the steps, and disturbs one.
struct Steps {
    fault: Option<Fault>,
    kind: [FaultKind; 2],
    names: Mutex<Vec<String>>,
}

impl Steps {
    fn new(options: &Options) -> Self {
        Self {
            fault: options.fault,
            // A step that fails, and one whose answer is lost: a server's connection breaks by the second alone.
            kind: match options.store {
                Location::Postgres(_) => [FaultKind::Full, FaultKind::Away],
                Location::Sqlite(_) | Location::Memory | Location::Kept(_) => [FaultKind::Full, FaultKind::Disk],
            },
            names: Mutex::default(),
        }
    }

    fn names(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn mode_at(&self, step: &Step<'_>) -> Option<Mode> {
        self.fault
            .filter(|fault| fault.step == step.number)
            .map(|fault| fault.mode)
    }
}

impl Observer for Steps {
    fn before(&self, step: &Step<'_>) -> Fate {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(step.name.clone().into_owned());
        drop(names);
        match self.mode_at(step) {
            Some(Mode::StopBefore) => die(),
            Some(Mode::Fails) => Fate::Fails(self.kind[0]),
            Some(Mode::AnswerLost) => Fate::AnswerLost(self.kind[1]),
            Some(Mode::StopAfter) | None => Fate::Done,
        }
    }

    fn after(&self, step: &Step<'_>) {
        if self.mode_at(step) == Some(Mode::StopAfter) {
            die();
        }
    }
}

/// SIGKILL: nothing is closed, flushed or said.
fn die() -> ! {
    // SAFETY: both calls take and give plain numbers.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    loop {
        std::thread::park();
    }
}
