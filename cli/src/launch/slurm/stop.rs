//! `augur launch stop`: workers give back what they run, then the jobs end.

use super::{commands, status};
use crate::{
    client::Client,
    command::print,
    failure::Failure,
    launch::{
        files::LaunchFolder,
        state::{Role, State},
    },
};
use augur_proto::v1;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long workers may take to give back what they run, which they do within 20 seconds, and Slurm to end a job.
const PATIENCE: Duration = Duration::from_secs(45);
/// How long a job may take to end once its worker has left.
const BY_THEMSELVES: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(500);

/// Stops a launch, in order or at once.
///
/// # Errors
/// Slurm that can't be asked or refuses.
pub async fn stop(folder: &LaunchFolder, state: &State, now: bool) -> Result<(), Failure> {
    let workers = state.ids(Role::Workers);
    let all: Vec<_> = state.jobs.iter().map(|job| job.id.clone()).collect();
    if !now {
        // First those that wait, so that none begins in the place of one that leaves.
        commands::cancel(&workers, &["--state=PENDING"]).await?;
        give_back(folder, state).await;
        end(&workers).await?;
    }
    commands::cancel(&all, &[]).await?;
    let left = wait_for(&all, PATIENCE).await?;
    match left {
        0 => print("stopped; the same `augur launch slurm` resumes\n"),
        left => print(&format!(
            "told to end; {left} of Slurm's jobs are ending still: augur launch status {}\n",
            folder.path.display()
        )),
    }
    Ok(())
}

/// Has the jobs of workers that were sent away end, by themselves where they do.
///
/// # Errors
/// Slurm that can't be asked or refuses.
pub async fn end(workers: &[String]) -> Result<(), Failure> {
    commands::cancel(workers, &["--state=PENDING"]).await?;
    if wait_for(workers, BY_THEMSELVES).await? > 0 {
        commands::cancel(workers, &[]).await?;
        wait_for(workers, PATIENCE).await?;
    }
    Ok(())
}

/// Sends the workers of a launch that has its own coordinator away. Where that does not work, the signals of scancel do it.
async fn give_back(folder: &LaunchFolder, state: &State) {
    let Some(url) = folder.url().filter(|_| state.coordinator.is_none()) else {
        return;
    };
    let Ok(mut client) = status::client(folder, state, &url).await else {
        return;
    };
    let deadline = Instant::now() + PATIENCE;
    let mut sent = Vec::new();
    while let Ok(here) = here(&mut client).await {
        if here.is_empty() || Instant::now() > deadline {
            return;
        }
        for worker in here {
            if !sent.contains(&worker.name) && client.drain(&worker.name, true).await.is_ok() {
                sent.push(worker.name);
            }
        }
        sleep(LOOK).await;
    }
}

/// The workers that have not left.
async fn here(client: &mut Client) -> Result<Vec<v1::Worker>, Failure> {
    let mut workers = client.workers().await?;
    workers.retain(|worker| matches!(worker.state(), v1::WorkerState::Connected | v1::WorkerState::Draining));
    Ok(workers)
}

/// Waits until jobs are over; how many are not.
async fn wait_for(jobs: &[String], patience: Duration) -> Result<usize, Failure> {
    let deadline = Instant::now() + patience;
    loop {
        let listed = commands::list(jobs).await?;
        let live = listed.iter().filter(|job| job.is_live()).count();
        if live == 0 || Instant::now() > deadline {
            return Ok(live);
        }
        sleep(LOOK).await;
    }
}
