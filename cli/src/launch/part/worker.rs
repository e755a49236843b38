//! A worker's job: a worker that finds the coordinator wherever it is, and leaves when there is nothing more to do.

use super::{
    elsewhere, forward, say,
    signals::{Signals, Told},
};
use crate::{
    crew::budget::RestartBudget,
    failure::{Exit, Failure, os_text},
    launch::{files::LaunchFolder, keys, state::State},
    programs,
};
use augur_channel::{Addresses, Credentials};
use clap::Args;
use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, ChildStdin, Command},
    time::{sleep, timeout},
};

/// A worker leaves within 20 seconds, its trials' checkpoints written.
const LEAVE: Duration = Duration::from_secs(25);
/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// What says how to reach a coordinator, which a launch decides by itself.
const ACCESS: [&str; 6] = [
    "AUGUR_COORDINATOR",
    "AUGUR_TOKEN",
    "AUGUR_TOKEN_FILE",
    "AUGUR_CA",
    "AUGUR_CERT",
    "AUGUR_KEY",
];

/// Runs a worker for the sweep of a launch until that is over
#[derive(Args)]
pub struct Worker {
    /// The folder of the launch
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The coordinator, where it is no part of the launch
    #[arg(long, value_name = "URL")]
    coordinator: Option<Addresses>,
    #[command(flatten)]
    credentials: Credentials,
    /// Arguments of augur-worker
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Why a worker ends.
enum End {
    Itself(ExitStatus),
    Told(Told),
    Over,
}

impl Worker {
    pub async fn run(self) -> Result<(), Failure> {
        let mut signals = Signals::catch()?;
        let folder = LaunchFolder::at(&self.out);
        let mut budget = RestartBudget::default();
        if self.coordinator.is_none() {
            let there = async {
                while folder.url().is_none() {
                    sleep(LOOK).await;
                }
            };
            tokio::select! {
                () = there => {}
                () = self.over(&folder) => return Ok(()),
                told = signals.told() => return self.leave(&folder, told).await,
            }
        }
        if self.is_over(&folder).await {
            say("there is nothing more to do");
            return Ok(());
        }
        let access = self.access(&folder).await?;
        loop {
            let mut child = self.start(&access)?;
            // Not left in the child, whose `wait` would close it.
            let stdin = child.stdin.take();
            let end = tokio::select! {
                biased;
                told = signals.told() => End::Told(told),
                () = self.over(&folder) => End::Over,
                status = child.wait() => End::Itself(status.map_err(|error| lost(&error))?),
            };
            match end {
                End::Told(told) => {
                    say(if told == Told::Warned {
                        "warned of the end"
                    } else {
                        "told to end"
                    });
                    stop(child, stdin).await;
                    return self.leave(&folder, told).await;
                }
                End::Over => {
                    stop(child, stdin).await;
                    say("there is nothing more to do");
                    return Ok(());
                }
                End::Itself(status) if status.success() => {
                    say("the worker was sent away");
                    return Ok(());
                }
                End::Itself(status) => {
                    let pause = budget.next_pause(Instant::now()).filter(|_| may_recover(status));
                    let Some(pause) = pause else {
                        return Err(gave_up(status));
                    };
                    say(&format!("the worker ended ({status}); starting it again"));
                    tokio::select! {
                        () = sleep(pause) => {}
                        told = signals.told() => return self.leave(&folder, told).await,
                    }
                }
            }
        }
    }

    /// The flags by which the worker reaches the coordinator.
    async fn access(&self, folder: &LaunchFolder) -> Result<Vec<String>, Failure> {
        let (url, credentials) = match &self.coordinator {
            Some(addresses) => (addresses.to_string(), self.credentials.clone()),
            None => {
                let keys = keys::of(folder);
                let scheme = if keys.coordinator.is_secure { "https" } else { "http" };
                (format!("{scheme}://{}", forward::serve(folder).await?), keys.worker)
            }
        };
        let mut flags = vec!["--coordinator".to_owned(), url];
        flags.extend(keys::flags(&credentials));
        Ok(flags)
    }

    fn start(&self, access: &[String]) -> Result<Child, Failure> {
        let path = programs::require(programs::WORKER)?;
        let mut command = Command::new(&path);
        if self.coordinator.is_none() {
            ACCESS.iter().for_each(|name| _ = command.env_remove(name));
        }
        command
            .args(access)
            // A coordinator in the queue is waited for.
            .args(["--connect-timeout", "3600", "--exit-with-stdin"])
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().map_err(|error| {
            let text = format!("can't start {}: {}", path.display(), os_text(&error));
            Failure::new(Exit::CannotStart, text)
        })
    }

    /// Ends once the sweep is over, or can't go on.
    async fn over(&self, folder: &LaunchFolder) {
        match &self.coordinator {
            Some(addresses) => elsewhere::over(folder, addresses).await,
            None => {
                while !folder.over().exists() && !folder.failed().exists() {
                    sleep(LOOK).await;
                }
            }
        }
    }

    async fn is_over(&self, folder: &LaunchFolder) -> bool {
        match &self.coordinator {
            Some(addresses) => elsewhere::is_over(folder, addresses).await,
            None => folder.over().exists(),
        }
    }

    /// What was told: a worker that was warned wants to come back while there is work.
    async fn leave(&self, folder: &LaunchFolder, told: Told) -> Result<(), Failure> {
        match told {
            Told::Warned if !self.is_over(folder).await => State::read(folder)?.scheduler.come_back().await,
            Told::Warned | Told::Terminated => Ok(()),
        }
    }
}

/// Has the worker take checkpoints, give back what it has, and end.
async fn stop(mut child: Child, stdin: Option<ChildStdin>) {
    drop(stdin);
    if timeout(LEAVE, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// With a bad command line, a folder that can't be written or a coordinator of another API, another start does no better.
fn may_recover(status: ExitStatus) -> bool {
    const HOPELESS: [Exit; 3] = [Exit::CommandLine, Exit::CannotWrite, Exit::OtherApi];
    !HOPELESS.into_iter().any(|exit| status.code() == Some(exit as i32))
}

fn gave_up(status: ExitStatus) -> Failure {
    let text = format!("the worker ended ({status}), and another start does no better; what it said stands above");
    Failure::new(Exit::Unexpected, text)
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Unexpected,
        format!("the worker can't be waited for: {}", os_text(error)),
    )
}
