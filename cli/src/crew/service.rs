//! One child process: started with its log, watched, started again when it dies, stopped through its stdin.

use super::{Notice, budget::RestartBudget};
use crate::failure::{Exit, Failure, os_text};
use std::{
    fs::OpenOptions,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, ChildStdin, Command},
    sync::mpsc,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How to start a child.
#[derive(Clone)]
pub struct Program {
    /// What people call it.
    pub name: String,
    /// The binary.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where its stdout and stderr go, at the end of what is there.
    pub log: PathBuf,
}

/// A child that runs.
pub struct Service {
    program: Program,
    pub(super) child: Child,
    /// A pipe that stays open as long as it should run. Not left in the child, whose `wait` would close it.
    stdin: Option<ChildStdin>,
}

impl Service {
    /// Starts a child whose output goes into its log.
    pub fn start(program: Program) -> Result<Self, Failure> {
        Self::start_with(program, None)
    }

    /// The same with another place for its stdout.
    pub fn start_with(program: Program, stdout: Option<Stdio>) -> Result<Self, Failure> {
        let open = || OpenOptions::new().create(true).append(true).open(&program.log);
        let log = open().map_err(|error| Failure::cannot_write(&program.log, &error))?;
        let stdout = match stdout {
            Some(stdout) => stdout,
            None => open()
                .map_err(|error| Failure::cannot_write(&program.log, &error))?
                .into(),
        };
        let mut command = Command::new(&program.path);
        command
            .args(&program.args)
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(log)
            .kill_on_drop(true);
        // Logs are read with any tool.
        command.env("NO_COLOR", "1");
        // A group of its own: Ctrl-C reaches this process alone, which then stops the children in order.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| {
            let text = format!("can't start {}: {}", program.path.display(), os_text(&error));
            Failure::new(Exit::CannotStart, format!("{text}; build it with `make setup`"))
        })?;
        let stdin = child.stdin.take();
        Ok(Self { program, child, stdin })
    }

    /// The same child, to be started differently the next time.
    pub fn with_program(self, program: Program) -> Self {
        Self { program, ..self }
    }

    /// Starts the child again whenever it dies, until told to stop.
    pub async fn keep_alive(mut self, stop: CancellationToken, notices: mpsc::Sender<Notice>, grace: Duration) {
        let mut budget = RestartBudget::default();
        loop {
            let status = tokio::select! {
                status = self.child.wait() => status,
                () = stop.cancelled() => return self.stop(grace).await,
            };
            let status = status.ok();
            let death = death(&self.program, status);
            let Some(pause) = budget.next_pause(Instant::now()).filter(|_| may_recover(status)) else {
                return give_up(&notices, format!("{death}; the sweep can't go on without it")).await;
            };
            // Nobody listens any more only when the command is ending.
            let _ = notices.send(Notice::Line(format!("{death}; starting it again"))).await;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
            match Self::start(self.program.clone()) {
                Ok(again) => self = again,
                Err(failure) => return give_up(&notices, failure.to_string()).await,
            }
        }
    }

    /// Closes its stdin, waits, and kills it if that doesn't help.
    async fn stop(mut self, grace: Duration) {
        drop(self.stdin.take());
        if timeout(grace, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// Whether another start may do better: with a bad command line, a folder that can't be written or a coordinator of
/// another API it can't.
fn may_recover(status: Option<ExitStatus>) -> bool {
    const HOPELESS: [Exit; 3] = [Exit::CommandLine, Exit::CannotWrite, Exit::OtherApi];
    let code = status.and_then(|status| status.code());
    !HOPELESS.into_iter().any(|exit| code == Some(exit as i32))
}

async fn give_up(notices: &mpsc::Sender<Notice>, text: String) {
    let _ = notices.send(Notice::Fatal(Failure::new(Exit::Unexpected, text))).await;
}

/// "worker 1 was killed by signal 9 (log: runs/demo/logs/worker-1.log)".
pub fn death(program: &Program, status: Option<ExitStatus>) -> String {
    let how = status.map_or_else(|| "is gone".into(), how);
    format!("{} {how} (log: {})", program.name, program.log.display())
}

fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was killed by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => "ended".into(),
    }
}
