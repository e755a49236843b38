//! `augur launch`: a sweep on a cluster, by its scheduler.

use crate::{
    failure::Failure,
    launch::{files::LaunchFolder, kubernetes, part, slurm, state::State},
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Runs a sweep on a cluster: Slurm or Kubernetes places coordinator and workers
#[derive(Args)]
pub struct Launch {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Slurm(Box<slurm::Options>),
    Kubernetes(Box<kubernetes::Options>),
    /// Says how the jobs of a launch and its sweep stand
    Status {
        /// The folder of the launch
        dir: PathBuf,
    },
    /// Stops a launch: workers give back what they run with its checkpoints, then all jobs end; the same launch resumes
    Stop {
        /// The folder of the launch
        dir: PathBuf,
        /// End the jobs at once
        #[arg(long)]
        now: bool,
    },
    Part(part::Part),
}

impl Launch {
    pub async fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Slurm(options) => slurm::launch(*options).await,
            Action::Kubernetes(options) => kubernetes::launch(*options).await,
            Action::Status { dir } => {
                let folder = LaunchFolder::at(&dir);
                let state = State::read(&folder)?;
                state.scheduler.status(&folder, &state).await
            }
            Action::Stop { dir, now } => {
                let folder = LaunchFolder::at(&dir);
                let state = State::read(&folder)?;
                state.scheduler.stop(&folder, &state, now).await
            }
            Action::Part(part) => part.run().await,
        }
    }
}
