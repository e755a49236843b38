//! `augur list`: the sweeps of a coordinator, newest first.

use super::{Remote, print, width};
use crate::{
    failure::Failure,
    json,
    results::{finish, id, plain},
    text,
};
use augur_proto::v1;
use clap::Args;

/// Lists the sweeps of a coordinator, newest first
#[derive(Args)]
pub struct List {
    /// The API's messages as JSON: ListSweepsResponse
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

impl List {
    pub async fn run(self) -> Result<(), Failure> {
        let sweeps = self.remote.connect().await?.sweeps().await?;
        if self.json {
            let answer = v1::ListSweepsResponse {
                sweeps,
                next_page_token: String::new(),
            };
            print(&json::pretty("ListSweepsResponse", &answer)?);
            return Ok(());
        }
        if sweeps.is_empty() {
            print("no sweeps; `augur submit CONFIG` makes one\n");
            return Ok(());
        }
        let mut table = plain(width());
        table.set_header(["sweep", "state", "trials", "failed", "submitted", "id"]);
        for sweep in &sweeps {
            let progress = sweep.progress.clone().unwrap_or_default();
            table.add_row([
                sweep.display_name.clone(),
                text::sweep_state(sweep.state()).to_owned(),
                trials(&progress),
                progress.trials_failed.to_string(),
                text::ago(sweep.create_time.as_ref()),
                id(&sweep.name).to_owned(),
            ]);
        }
        print(&finish(table));
        Ok(())
    }
}

/// "12/16", and what of them was reused or stopped early.
fn trials(progress: &v1::Progress) -> String {
    let mut text = format!("{}/{}", progress.trials_completed, progress.trials_total);
    for (n, what) in [
        (progress.trials_reused, "reused"),
        (progress.trials_stopped, "stopped early"),
    ] {
        if n > 0 {
            text += &format!(", {n} {what}");
        }
    }
    text
}
