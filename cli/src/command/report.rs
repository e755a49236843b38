//! `augur report`: the report of a sweep in every format, or of several sweeps merged.

use super::print;
use crate::{
    client::Remote,
    failure::Failure,
    results::{self, Layout},
};
use clap::Args;
use std::{fs, path::PathBuf};

/// Writes the report of a sweep: HTML, Markdown, CSV, Parquet, JSON and LaTeX; several sweeps are merged into one leaderboard
#[derive(Args)]
pub struct Report {
    /// A sweep's name or identifier, or the folder of its results
    #[arg(required = true, value_name = "SWEEP")]
    sweeps: Vec<String>,
    /// The folder to write into; files of the same names are replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How the table of results is laid out
    #[arg(long, value_enum, default_value_t)]
    layout: Layout,
    /// The name of several sweeps merged [default: that of the first with -merged]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

impl Report {
    pub async fn run(self) -> Result<(), Failure> {
        let mut inputs = Vec::with_capacity(self.sweeps.len());
        for sweep in &self.sweeps {
            inputs.push(results::results_of(sweep, &self.remote).await?);
        }
        let mut input = results::merge(inputs, self.name.as_deref())?;
        input.layout = self.layout;
        fs::create_dir_all(&self.out).map_err(|error| Failure::cannot_write(&self.out, &error))?;
        results::write_config(&self.out, &input.spec)?;
        let report = results::write_files(&self.out, &input)?;
        print(&format!("report: {}\n", report.display()));
        Ok(())
    }
}
