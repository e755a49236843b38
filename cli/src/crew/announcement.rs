//! The coordinator's start: it says its address on the first line of its stdout and its page's on the second, or ends with the
//! reason on stderr.

use super::service::{Program, Service, death};
use crate::failure::{Exit, Failure};
use std::{
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::ChildStdout,
    time::timeout,
};

/// A store is opened, and migrated where it is old, well within this.
const START: Duration = Duration::from_secs(30);
/// How long the coordinator of a run that was just killed may hold its store.
const HANDOVER: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(250);

/// Where a coordinator serves.
pub struct Addresses {
    /// gRPC.
    pub api: String,
    /// The page for browsers.
    pub page: String,
}

/// The coordinator, and the addresses at which it serves.
pub async fn start(program: Program) -> Result<(Service, Addresses), Failure> {
    let begin = Instant::now();
    loop {
        match start_once(program.clone()).await {
            Err(failure) if failure.exit == Exit::InUse && begin.elapsed() < HANDOVER => {
                tokio::time::sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

async fn start_once(program: Program) -> Result<(Service, Addresses), Failure> {
    let mut service = Service::start_with(program.clone(), Some(Stdio::piped()))?;
    let silent = || Failure::new(Exit::CannotStart, format!("{} has no output", program.name));
    let mut lines = BufReader::new(service.child.stdout.take().ok_or_else(silent)?).lines();
    match timeout(START, addresses(&mut lines)).await {
        Ok(Some(addresses)) => {
            tokio::spawn(drain(lines));
            Ok((service, addresses))
        }
        // Its stdout is closed: it has ended, or is about to.
        Ok(None) => Err(ended(&program, service.child.wait().await.ok())),
        Err(_) => Err(Failure::new(
            Exit::CannotStart,
            format!(
                "the coordinator said no address within {START:?}; see {}",
                program.log.display()
            ),
        )),
    }
}

async fn addresses(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<Addresses> {
    Some(Addresses {
        api: address(lines).await?,
        page: address(lines).await?,
    })
}

/// The next address that is announced.
async fn address(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        let words = line.split([' ', '=', '/', '"']);
        if let Some(address) = words.filter_map(|word| word.parse::<SocketAddr>().ok()).next() {
            return Some(address.to_string());
        }
    }
    None
}

/// Keeps the pipe empty, so that whatever else is printed doesn't block the coordinator.
async fn drain(mut lines: Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}

/// A coordinator that didn't come up has the exit codes of this command.
fn ended(program: &Program, status: Option<ExitStatus>) -> Failure {
    let exit = match status.and_then(|status| status.code()) {
        Some(code) if code == Exit::CannotWrite as i32 => Exit::CannotWrite,
        Some(code) if code == Exit::InUse as i32 => Exit::InUse,
        _ => Exit::CannotStart,
    };
    let said = last_words(&program.log);
    Failure::new(exit, said.unwrap_or_else(|| death(program, status)))
}

/// What a program said at its end, without its own name before it.
fn last_words(log: &Path) -> Option<String> {
    const MARKS: [&str; 2] = ["error: ", "augur-coordinator: "];
    let text = std::fs::read(log).ok()?;
    let text = String::from_utf8_lossy(&text);
    let said = text
        .lines()
        .rev()
        .find_map(|line| MARKS.iter().find_map(|mark| line.strip_prefix(mark)));
    said.map(str::to_owned)
}
