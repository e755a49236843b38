//! The worker's side of a child process: start it, hand it a trial, hear its events, find out why it died.

use super::{
    Ended, Heard, Orders,
    log::Log,
    post_mortem::{self, OomKills},
    protocol::{Draw, Drawn, Event, Place, Request, Run, from_line, to_line},
};
use augur_core::state::{Cause, CauseKind};
use std::{path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use tracing::{info, warn};

/// A child process of a slot. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    requests: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    log: Log,
    /// Threads of every trial that it runs.
    pub threads: u32,
}

/// Leaves it to the worker to say when to leave: service managers send these signals to all processes of a service at once.
fn ignore_goodbyes() -> std::io::Result<()> {
    for signal in [libc::SIGTERM, libc::SIGUSR1, libc::SIGINT] {
        // SAFETY: SIG_IGN runs no code of this process.
        if unsafe { libc::signal(signal, libc::SIG_IGN) } == libc::SIG_ERR {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

/// No program that it starts can get more rights than it has, by set-user-ID or file capabilities.
fn gain_nothing() -> std::io::Result<()> {
    rustix::thread::set_no_new_privs(true).map_err(Into::into)
}

impl Process {
    /// Starts `program slot`; its stderr goes to the file `log`, if there is one.
    pub fn start(program: &Path, threads: u32, log: Option<&Path>) -> std::io::Result<Self> {
        let mut command = Command::new(program);
        command
            .arg("slot")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_remove("AUGUR_TOKEN")
            .env("OMP_NUM_THREADS", threads.to_string())
            // Where memory has run out, there is none for a backtrace either: the panic would wait for itself for ever.
            .env("RUST_BACKTRACE", "0")
            // Ctrl-C in a terminal is for the worker, which then ends its slots.
            .process_group(0)
            .kill_on_drop(true);
        // What a trial reads is foreign: of the worker's secrets its process has none.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"AWS_")) {
            command.env_remove(name);
        }
        // Between fork and exec: loading libtorch takes a second, in which a signal that a service manager sends to every process
        // would end the trial as a crash.
        // SAFETY: they call signal(2) and prctl(2), which may be called there.
        unsafe {
            command.pre_exec(ignore_goodbyes);
            command.pre_exec(gain_nothing);
        }
        let mut child = command.spawn()?;
        let piped = || std::io::Error::other("a pipe is missing");
        let requests = child.stdin.take().ok_or_else(piped)?;
        let events = BufReader::new(child.stdout.take().ok_or_else(piped)?).lines();
        let log = Log::follow(child.stderr.take().ok_or_else(piped)?, log)?;
        Ok(Self {
            child,
            requests,
            events,
            log,
            threads,
        })
    }

    /// The process id, until its end has been seen.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it has not exited.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Runs a trial to its end, or to that of the child.
    pub async fn run(&mut self, run: Run, orders: &Orders, mut hear: impl FnMut(Heard)) -> Result<Ended, Cause> {
        let oom_kills = OomKills::now();
        let trial = run.spec.id();
        // What came after the end of the trial before is not of this one.
        while self.log.waiting().is_some() {}
        hear(Heard::Line(self.opening()));
        self.ask(&Request::Run(run)).await?;
        let (mut is_stopped, mut leaves) = (false, false);
        loop {
            let line = tokio::select! {
                line = self.events.next_line() => line,
                line = self.log.next() => {
                    hear(Heard::Line(line));
                    continue;
                }
                () = orders.stop.cancelled(), if !is_stopped => {
                    is_stopped = true;
                    self.ask(&Request::Stop).await?;
                    continue;
                }
                () = orders.leave.cancelled(), if !leaves => {
                    leaves = true;
                    self.ask(&Request::Leave).await?;
                    continue;
                }
            };
            let line = match line {
                Ok(Some(line)) => line,
                Ok(None) => {
                    let cause = self.cause_of_death(oom_kills).await;
                    while let Some(line) = self.log.waiting() {
                        hear(Heard::Line(line));
                    }
                    return Err(cause);
                }
                Err(e) => return Err(crashed(format!("the trial's process can't be heard: {e}"))),
            };
            match from_line(&line) {
                Ok(Event::Measurement(measurement)) => hear(Heard::Measurement(measurement)),
                Ok(Event::Resumed { epoch, step }) => {
                    info!("trial {trial} resumes after epoch {epoch}, step {step}");
                    hear(Heard::Line(format!("resumes after epoch {epoch}, step {step}")));
                }
                Ok(Event::Warning(text)) => {
                    warn!("trial {trial}: {text}");
                    hear(Heard::Line(format!("warning: {text}")));
                }
                Ok(Event::Done(done)) => return Ok(Ended::Done(Box::new(done))),
                Ok(Event::Stopped { .. }) if is_stopped => return Ok(Ended::Stopped),
                Ok(Event::Left(place)) if leaves => return Ok(Ended::Left(place)),
                Ok(Event::Stopped { epoch } | Event::Left(Place { epoch, .. })) => {
                    return Err(crashed(format!(
                        "the trial ended after epoch {epoch} though nobody told it to"
                    )));
                }
                Ok(Event::Failed(cause)) => return Err(cause),
                Ok(Event::Drawn(_)) => return Err(no_event("it has drawn", &line)),
                Err(e) => return Err(no_event(&e.to_string(), &line)),
            }
        }
    }

    /// Makes pictures, or hears why there are none.
    pub async fn draw(&mut self, draw: Draw) -> Result<Vec<Drawn>, Cause> {
        let oom_kills = OomKills::now();
        self.ask(&Request::Draw(draw)).await?;
        let line = match self.events.next_line().await {
            Ok(Some(line)) => line,
            Ok(None) => return Err(self.cause_of_death(oom_kills).await),
            Err(e) => return Err(crashed(format!("the pictures' process can't be heard: {e}"))),
        };
        match from_line(&line) {
            Ok(Event::Drawn(drawn)) => Ok(drawn),
            Ok(Event::Failed(cause)) => Err(cause),
            Ok(_) => Err(no_event("it was to draw", &line)),
            Err(e) => Err(no_event(&e.to_string(), &line)),
        }
    }

    /// The first line of each trial.
    fn opening(&self) -> String {
        let process = self
            .child
            .id()
            .map_or_else(String::new, |pid| format!("process {pid}, "));
        format!("begins: {process}threads {}", self.threads)
    }

    async fn ask(&mut self, request: &Request) -> Result<(), Cause> {
        let line = to_line(request).map_err(|e| crashed(format!("the trial can't be sent to its process: {e}")))?;
        // A broken pipe shows as the end of the events too, and there with its cause.
        let _ = self.requests.write_all(line.as_bytes()).await;
        Ok(())
    }

    async fn cause_of_death(&mut self, oom_kills: OomKills) -> Cause {
        // Its stdout has ended, so it is about to exit; one that closed it and lives on is ended here.
        let grace = std::time::Duration::from_secs(10);
        let status = match tokio::time::timeout(grace, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => self.child.kill().await.and(self.child.wait().await),
        };
        let log = self.log.last_lines().await;
        match status {
            Ok(status) => post_mortem::cause(status, oom_kills.happened_since(), &log),
            Err(e) => crashed(format!("the trial's process ended in an unknown way: {e}")),
        }
    }
}

fn no_event(why: &str, line: &str) -> Cause {
    crashed(format!("the trial's process said what is no event ({why}): {line:.80}"))
}

fn crashed(detail: String) -> Cause {
    Cause {
        kind: CauseKind::Crashed,
        detail,
    }
}
