//! `augur leaderboard`: the result of a sweep, on the terminal or as files.

use super::{Remote, print, width};
use crate::{
    client::sweep_name,
    failure::Failure,
    results::{self, Layout, to_csv, to_json, to_latex, to_markdown, to_table},
};
use clap::{Args, ValueEnum};
use std::{fs, path::PathBuf};

/// Shows what a sweep selected, or writes all its results
#[derive(Args)]
pub struct Leaderboard {
    /// The sweep's name or identifier
    sweep: String,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Rows and columns of Markdown and LaTeX
    #[arg(long, value_enum, default_value_t)]
    layout: Layout,
    /// Write all results into this folder instead, as `augur report` does, with the detectors that it has
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    out: Option<PathBuf>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Md,
    Tex,
}

impl Leaderboard {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let name = sweep_name(&self.sweep);
        if let Some(folder) = &self.out {
            let mut input = results::gather(&mut client, &name).await?;
            input.layout = self.layout;
            fs::create_dir_all(folder).map_err(|error| Failure::cannot_write(folder, &error))?;
            let artifacts = results::Artifacts {
                root: folder.join(results::ARTIFACTS),
                shared: false,
            };
            let report = results::write(folder, &artifacts, &input)?;
            print(&format!("report: {}\n", report.display()));
            return Ok(());
        }
        let board = match self.format {
            Format::Table => client.selected(&name).await?,
            _ => client.leaderboard(&name).await?,
        };
        print(&match self.format {
            Format::Table => to_table(&board, width()),
            Format::Json => to_json(&board)?,
            Format::Csv => to_csv(&board)?,
            Format::Md => to_markdown(&board, self.layout),
            Format::Tex => to_latex(&board, self.layout),
        });
        Ok(())
    }
}
