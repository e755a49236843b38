//! A slot: the right to run one trial at a time, in a child process of its own.
//!
//! The child starts at the first trial, is used again while healthy, and is replaced after any failure and for a trial
//! with another number of threads (libtorch's thread pools keep their first size).

pub mod child;
pub mod protocol;

mod images;
mod log;
mod peak;
mod pictures;
mod post_mortem;
mod process;
mod reuse;

use self::process::Process;
use augur_core::{
    outcome::Measurement,
    state::{Cause, CauseKind},
};
use augur_link::os_text;
use protocol::{Done, Draw, Drawn, Place, Run};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// One slot of a worker.
pub struct Slot {
    program: PathBuf,
    log: Option<PathBuf>,
    process: Option<Process>,
}

/// What a trial that runs can be told.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// To end with its epoch: nobody wants it any more.
    pub stop: CancellationToken,
    /// To end with its step, and a checkpoint where they are kept: the worker leaves, or the lease is wanted back.
    pub leave: CancellationToken,
}

/// What is heard of a trial on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// An epoch has ended.
    Measurement(Measurement),
    /// A line for its log.
    Line(String),
}

/// How a trial ended that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// With a result.
    Done(Box<Done>),
    /// Because it was told to stop.
    Stopped,
    /// Because it was told to leave.
    Left(Place),
}

impl Slot {
    /// Slot number `index`, whose children run `program slot`; their whole log goes into `log_dir`, if there is one.
    pub fn new(index: u32, program: PathBuf, log_dir: Option<&Path>) -> Self {
        // Several workers may share the folder.
        let name = format!("slot-{}-{index}.log", std::process::id());
        let log = log_dir.map(|folder| folder.join(name));
        Self {
            program,
            log,
            process: None,
        }
    }

    /// The child's process id, while there is a child.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().and_then(Process::pid)
    }

    /// Runs a trial to its end. Dropping the future kills the child: a cancelled trial leaves nothing behind but its checkpoints.
    ///
    /// # Errors
    /// Why there is no outcome.
    pub async fn run(&mut self, run: Run, mut on_measurement: impl FnMut(Measurement)) -> Result<Done, Cause> {
        let hear = |heard| {
            if let Heard::Measurement(measurement) = heard {
                on_measurement(measurement);
            }
        };
        match self.run_until(run, &Orders::default(), hear).await? {
            Ended::Done(done) => Ok(*done),
            Ended::Stopped | Ended::Left(_) => Err(Cause {
                kind: CauseKind::Preempted,
                detail: "the trial was stopped on its way".into(),
            }),
        }
    }

    /// The same, until one of the `orders` comes: then the trial ends without an outcome, and the child lives on for the next
    /// one.
    ///
    /// # Errors
    /// Why there is no outcome.
    pub async fn run_until(&mut self, run: Run, orders: &Orders, hear: impl FnMut(Heard)) -> Result<Ended, Cause> {
        let mut process = self.process(run.spec.resources.threads)?;
        let result = process.run(run, orders, hear).await;
        // A failure may have left anything in the child's memory.
        self.process = result.is_ok().then_some(process);
        result
    }

    /// Makes pictures of a trial that has ended. Dropping the future kills the child.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn draw(&mut self, draw: Draw) -> Result<Vec<Drawn>, Cause> {
        let mut process = self.process(draw.spec.resources.threads)?;
        let result = process.draw(draw).await;
        self.process = result.is_ok().then_some(process);
        result
    }

    /// The child, if it is healthy and has so many threads, else a new one.
    fn process(&mut self, threads: u32) -> Result<Process, Cause> {
        let healthy = self
            .process
            .take_if(|process| process.threads == threads && process.is_alive());
        self.process = None;
        match healthy {
            Some(process) => Ok(process),
            None => Process::start(&self.program, threads, self.log.as_deref()).map_err(|e| self.not_started(&e)),
        }
    }

    fn not_started(&self, fault: &std::io::Error) -> Cause {
        let detail = format!(
            "the trial's process {} can't start: {}",
            self.program.display(),
            os_text(fault)
        );
        Cause {
            kind: CauseKind::Crashed,
            detail,
        }
    }
}
