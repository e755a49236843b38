//! The child process of a slot (`augur-worker slot`): runs the trials that it is told to, one after the other.
//!
//! It reads no label: `augur_data::load_task` gives images without any.

use super::{
    images::{LastImages, Loaded},
    peak,
    pictures::draw,
    post_mortem::says_out_of_memory,
    protocol::{Computed, Done, Draw, Event, Place, Request, Run, from_line, to_line},
    reuse::reuse,
};
use augur_core::{
    model::EMBEDDINGS_FILE,
    outcome::Outcome,
    state::{Cause, CauseKind},
};
use augur_train::{
    checkpoint::{Checkpoints, Left, Note},
    model::save_embeddings,
    trial::{
        self, Control, Ended, Remains, TrialError,
        fingerprint::{FingerprintError, fingerprint},
    },
};
use std::{
    any::Any,
    error::Error,
    fs::File,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::{ExitCode, exit},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

/// Serves until stdin ends.
pub fn main() -> ExitCode {
    match serve() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("a slot's process can't talk to its worker: {error}; only a worker should start it");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<ExitCode> {
    let events = Events(claim_stdout()?);
    die_with_parent()?;
    let mut images = LastImages::default();
    for job in requests() {
        let end = match job {
            Job::Run(run, orders) => caught(|| run_trial(&run, &orders, &mut images, &events)),
            Job::Draw(wanted) => caught(|| draw_pictures(&wanted, &mut images)),
        };
        events.send(&end)?;
        if let Event::Failed(_) = end {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps stdout for events: what libtorch or C++ prints goes to stderr, the log.
fn claim_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    let events = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(events.into())
}

/// Asks the kernel to end this process with its parent. The end of stdin says the same elsewhere, and where the parent
/// died before this call.
fn die_with_parent() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

/// What the worker wants of a trial that runs.
#[derive(Default)]
struct Orders {
    /// That it ends with its epoch.
    stop: AtomicBool,
    /// That it ends with its step, and a checkpoint.
    leave: AtomicBool,
}

/// What stdin asks for.
enum Job {
    /// A trial, with the orders that come while it runs.
    Run(Box<Run>, Arc<Orders>),
    /// Pictures.
    Draw(Box<Draw>),
}

/// What stdin asks for, one after the other. Its end ends the process at once, in the middle of a trial too.
fn requests() -> mpsc::Receiver<Job> {
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        let mut last = Arc::<Orders>::default();
        for line in io::stdin().lines().map_while(Result::ok) {
            match from_line(&line) {
                Ok(Request::Run(run)) => {
                    last = Arc::default();
                    // Fails only when the process is ending.
                    let _ = sender.send(Job::Run(Box::new(run), Arc::clone(&last)));
                }
                Ok(Request::Draw(wanted)) => {
                    let _ = sender.send(Job::Draw(Box::new(wanted)));
                }
                Ok(Request::Stop) => last.stop.store(true, Ordering::Relaxed),
                Ok(Request::Leave) => last.leave.store(true, Ordering::Relaxed),
                Err(error) => {
                    eprintln!("the worker asked for what is no trial: {error}");
                    exit(1);
                }
            }
        }
        exit(0);
    });
    requests
}

/// The way to the worker.
struct Events(File);

impl Events {
    fn send(&self, event: &Event) -> io::Result<()> {
        (&self.0).write_all(to_line(event)?.as_bytes())
    }
}

/// Does a job; a panic (tch turns libtorch's C++ exceptions into those) is an end like any other.
fn caught(job: impl FnOnce() -> Event) -> Event {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| {
        let message = message_of(panic.as_ref());
        let kind = if says_out_of_memory(&message) {
            CauseKind::OutOfMemory
        } else {
            CauseKind::Crashed
        };
        failed(kind, message)
    })
}

fn run_trial(run: &Run, orders: &Orders, images: &mut LastImages, events: &Events) -> Event {
    peak::reset();
    let Loaded { images, sha256 } = match images.of(&run.spec, &run.base_dir, &run.sweep) {
        Ok(loaded) => loaded,
        Err(error) => return failed(CauseKind::BadData, error.to_string()),
    };
    let fingerprint = match fingerprint(&run.spec, sha256, &run.base_dir) {
        Ok(fingerprint) => fingerprint,
        Err(FingerprintError::Device(error)) => return failed(CauseKind::Crashed, error.to_string()),
        Err(error @ FingerprintError::Weights { .. }) => return failed(CauseKind::BadData, error.to_string()),
    };
    if let Some(result) = reuse(run, &fingerprint) {
        return Event::Done(Done {
            fingerprint,
            result,
            peak_bytes: None,
        });
    }
    // Nobody hears a child whose worker is gone.
    let mut report = |measurement| match events.send(&Event::Measurement(measurement)) {
        Ok(()) if !orders.stop.load(Ordering::Relaxed) => Control::Continue,
        _ => Control::Stop,
    };
    let begun = Instant::now();
    let clock = || begun.elapsed();
    let leave = || orders.leave.load(Ordering::Relaxed);
    let note = |note: Note| tell(events, &note);
    let checkpoints = run.checkpoints.as_ref().map(|wanted| Checkpoints {
        folder: &wanted.folder,
        fingerprint: &fingerprint,
        every: wanted
            .seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        clock: &clock,
        leave: &leave,
        note: &note,
    });
    match trial::run_resumable(&run.spec, &run.rungs, images, &run.base_dir, checkpoints, &mut report) {
        Ok(Ended::Completed(outcome, remains)) => {
            // Of a trial that was stopped during its last judgement nothing is wanted.
            let wanted = !orders.stop.load(Ordering::Relaxed);
            if let (true, Some(folder), Some(remains)) = (wanted, &run.artifacts, remains) {
                keep(folder, &outcome, *remains);
            }
            Event::Done(Done {
                fingerprint,
                result: Computed::Now(outcome),
                peak_bytes: peak::bytes(),
            })
        }
        Ok(Ended::Stopped { epoch }) => Event::Stopped { epoch },
        Ok(Ended::Left(Left { epoch, step, is_saved })) => Event::Left(Place { epoch, step, is_saved }),
        Err(error) => failed(kind_of(&error), chain(&error)),
    }
}

fn draw_pictures(wanted: &Draw, images: &mut LastImages) -> Event {
    match draw(wanted, images) {
        Ok(drawn) => Event::Drawn(drawn),
        Err(error) => failed(CauseKind::BadData, error.to_string()),
    }
}

/// Tells the worker what the trial has to say of its checkpoints.
fn tell(events: &Events, note: &Note) {
    let event = match note {
        Note::Resumed { epoch, step } => Event::Resumed {
            epoch: *epoch,
            step: *step,
        },
        Note::Skipped(error) | Note::NotWritten(error) => Event::Warning(error.to_string()),
    };
    // Nobody hears a child whose worker is gone.
    let _ = events.send(&event);
}

/// Keeps a detector and its embeddings. The outcome doesn't depend on it: a full disk costs the detector alone.
fn keep(folder: &Path, outcome: &Outcome, mut remains: Remains) {
    let kept = remains
        .model
        .save(folder)
        .and_then(|()| save_embeddings(&folder.join(EMBEDDINGS_FILE), &remains.embeddings, &outcome.scores));
    if let Err(error) = kept {
        eprintln!("the trial's detector is not kept: {}", chain(&error));
    }
}

fn kind_of(error: &TrialError) -> CauseKind {
    match error {
        TrialError::NotFinite { .. } => CauseKind::Numerical,
        TrialError::TooFewImages { .. }
        | TrialError::Images { .. }
        | TrialError::Normalisation(_)
        | TrialError::Start(_)
        | TrialError::Weights(_) => CauseKind::BadData,
        TrialError::Device(_) => CauseKind::Crashed,
        TrialError::Score(_) => CauseKind::Numerical,
    }
}

/// An error with its sources, in one line.
fn chain(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |source| (*source).source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

fn failed(kind: CauseKind, detail: String) -> Event {
    Event::Failed(Cause { kind, detail })
}

/// What a panic says. tch's messages carry libtorch's C++ backtrace below their first line.
fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    let line = text
        .unwrap_or("a panic without words")
        .lines()
        .next()
        .unwrap_or_default();
    format!("the trial panicked: {line}")
}
