//! `augur workers`: who runs trials for a coordinator.

use super::{Remote, print, width};
use crate::{
    failure::Failure,
    results::{finish, id, plain},
    text,
};
use augur_proto::v1::{Worker, WorkerState};
use clap::Args;

/// Lists the workers of a coordinator
#[derive(Args)]
pub struct Workers {
    #[command(flatten)]
    remote: Remote,
}

impl Workers {
    pub async fn run(self) -> Result<(), Failure> {
        let workers = self.remote.connect().await?.workers().await?;
        if workers.is_empty() {
            print("no workers; `augur-worker --coordinator URL` starts one\n");
            return Ok(());
        }
        let mut table = plain(width());
        table.set_header(["host", "state", "busy", "heartbeat", "augur", "libtorch", "id"]);
        for worker in &workers {
            table.add_row([
                worker.host.clone(),
                state(worker).to_owned(),
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
}

fn state(worker: &Worker) -> &'static str {
    match worker.state() {
        WorkerState::Connected => "connected",
        WorkerState::Lost => "lost",
        WorkerState::Left => "left",
        WorkerState::Unspecified => "unknown",
    }
}
