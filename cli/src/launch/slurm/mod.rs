//! Slurm: the coordinator as a job, workers as job arrays.

use super::{files::LaunchFolder, state::State};
use crate::failure::{Exit, Failure};
use clap::Args;
use std::path::PathBuf;

/// Runs a sweep on Slurm
#[derive(Args)]
pub struct Options {
    /// The sweep's config, a YAML file
    config: PathBuf,
}

/// Submits.
///
/// # Errors
/// For now always.
pub async fn launch(options: Options) -> Result<(), Failure> {
    let text = format!("{} can't be launched on Slurm yet", options.config.display());
    Err(Failure::new(Exit::Unexpected, text))
}

/// Says how the jobs and the sweep stand.
///
/// # Errors
/// Slurm that can't be asked.
pub async fn status(_folder: &LaunchFolder, state: &State) -> Result<(), Failure> {
    crate::command::print(&format!("{}\n", state.sweep));
    Ok(())
}

/// Stops the jobs, in order or at once.
///
/// # Errors
/// Slurm that can't be asked.
pub async fn stop(_folder: &LaunchFolder, _state: &State, _now: bool) -> Result<(), Failure> {
    Ok(())
}
