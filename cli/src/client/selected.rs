//! The leaderboard as its table shows it: the selected trials alone, a page of groups at a time, so that it costs the same however
//! many trials each was selected from.

use super::Client;
use crate::failure::Failure;
use augur_core::leaderboard::{Leaderboard, SCHEMA};
use augur_proto::v1;

impl Client {
    /// The leaderboard of a sweep without the candidates that were not selected.
    pub async fn selected(&mut self, name: &str) -> Result<Leaderboard, Failure> {
        let sweep = self.sweep(name).await?;
        let tasks = self.results(&sweep.name).await?;
        self.read(v1::Leaderboard {
            schema: SCHEMA,
            criterion: sweep.criterion,
            sweep_id: sweep.name.trim_start_matches("sweeps/").to_owned(),
            sweep_name: sweep.display_name,
            spec_sha256: sweep.spec_sha256,
            tasks: tasks.into_iter().map(row).collect(),
            ..v1::Leaderboard::default()
        })
    }
}

fn row(of: v1::Result) -> v1::TaskResult {
    v1::TaskResult {
        task: of.task,
        seed: of.seed,
        variant: of.variant,
        candidates: of.selected.iter().cloned().collect(),
        selected: of.selected,
        seal: of.seal,
        ..v1::TaskResult::default()
    }
}
