//! `augur workers`: who runs trials for a coordinator; `augur workers drain` sends one away.

use super::{Remote, print, width};
use crate::{
    failure::Failure,
    json,
    results::{finish, id, plain},
    text,
};
use augur_proto::v1;
use clap::{Args, Subcommand};

/// Lists the workers of a coordinator, or sends one away
#[derive(Args)]
#[command(subcommand_negates_reqs = true)]
pub struct Workers {
    #[command(subcommand)]
    action: Option<Action>,
    /// The API's messages as JSON: ListWorkersResponse
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

/// What to do with a worker.
#[derive(Subcommand)]
enum Action {
    Drain(Drain),
}

/// Sends a worker away: it takes nothing more, finishes what it runs, and exits
#[derive(Args)]
struct Drain {
    /// The worker's identifier, or its host, if it is the only one there
    #[arg(required_unless_present = "all")]
    worker: Option<String>,
    /// Every worker that is there
    #[arg(long, conflicts_with = "worker")]
    all: bool,
    /// It gives back what it runs instead of finishing that
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    remote: Remote,
}

impl Drain {
    async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let names = match self.worker {
            Some(name) if name.starts_with("workers/") => vec![name],
            Some(name) => vec![format!("workers/{name}")],
            None => here(client.workers().await?),
        };
        for name in names {
            let worker = client.drain(&name, self.now).await?;
            let leases = text::count(worker.leases, "lease");
            let what = if self.now { "gives back" } else { "finishes" };
            print(&format!(
                "worker {} takes nothing more, {what} its {leases}, and leaves\n",
                id(&worker.name)
            ));
        }
        Ok(())
    }
}

/// The names of those that can be sent away.
fn here(workers: Vec<v1::Worker>) -> Vec<String> {
    let is_here = |worker: &v1::Worker| worker.state() == v1::WorkerState::Connected;
    workers.into_iter().filter(is_here).map(|worker| worker.name).collect()
}

impl Workers {
    pub async fn run(self) -> Result<(), Failure> {
        match self.action {
            Some(Action::Drain(drain)) => drain.run().await,
            None => list(&self.remote, self.json).await,
        }
    }
}

async fn list(remote: &Remote, is_json: bool) -> Result<(), Failure> {
    let workers = remote.connect().await?.workers().await?;
    if is_json {
        let answer = v1::ListWorkersResponse {
            workers,
            next_page_token: String::new(),
        };
        print(&json::pretty("ListWorkersResponse", &answer)?);
        return Ok(());
    }
    if workers.is_empty() {
        print("no workers; `augur-worker --coordinator URL` starts one\n");
        return Ok(());
    }
    let mut table = plain(width());
    table.set_header(["host", "state", "busy", "heartbeat", "augur", "libtorch", "id"]);
    for worker in &workers {
        table.add_row([
            worker.host.clone(),
            text::worker_state(worker.state()).to_owned(),
            format!("{}/{}", worker.leases, worker.slots),
            text::ago(worker.last_heartbeat_time.as_ref()),
            worker.augur_version.clone(),
            worker.libtorch_version.clone(),
            id(&worker.name).to_owned(),
        ]);
    }
    print(&finish(table));
    Ok(())
}
