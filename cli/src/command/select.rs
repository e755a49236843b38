//! `augur select`: what other criteria would have chosen, from what is stored, without training again.

mod embeddings;
mod replay;
mod table;

use super::print;
use crate::{
    client::{Remote, sweep_name},
    failure::Failure,
    folder::replace,
    results,
};
use augur_core::{leaderboard::Leaderboard, select::Criterion};
use clap::Args;
use replay::Replay;
use std::path::{Path, PathBuf};

/// Replays the choice by other criteria: the trial that each would have chosen, and what that cost
#[derive(Args)]
pub struct Select {
    /// The sweep's name or identifier, or the folder of its results
    sweep: String,
    /// A criterion, such as mean-distance; may be given several times [default: all]
    #[arg(long, value_name = "CRITERION", value_parser = criterion)]
    by: Vec<Criterion>,
    /// Compute the criteria from embeddings that workers saved as DIR/SWEEP/TRIAL/embeddings.safetensors
    #[arg(long, value_name = "DIR")]
    embeddings: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write one row for each group and criterion into this CSV file too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    remote: Remote,
}

impl Select {
    pub async fn run(self) -> Result<(), Failure> {
        let mut board = self.leaderboard().await?;
        if let Some(folder) = &self.embeddings {
            embeddings::validate_again(&mut board, folder)?;
        }
        let criteria = if self.by.is_empty() { &Criterion::ALL } else { &*self.by };
        let replay = Replay::of(&board, criteria);
        if let Some(path) = &self.out {
            replace(path, table::to_csv(&replay)?.as_bytes())?;
        }
        print(&if self.json {
            table::to_json(&replay)?
        } else {
            table::to_table(&replay, super::width())
        });
        Ok(())
    }

    async fn leaderboard(&self) -> Result<Leaderboard, Failure> {
        let folder = Path::new(&self.sweep);
        if folder.is_dir() {
            return results::read_leaderboard(&folder.join("leaderboard.json"));
        }
        let mut client = self.remote.connect_for(&self.sweep).await?;
        client.leaderboard(&sweep_name(&self.sweep)).await
    }
}

/// A criterion by its name, with hyphens or underscores.
fn criterion(name: &str) -> Result<Criterion, String> {
    Criterion::named(&name.replace('-', "_")).ok_or_else(|| {
        let names = Criterion::ALL.map(|criterion| criterion.name().replace('_', "-"));
        format!("the criteria are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests;
