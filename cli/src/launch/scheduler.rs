//! What is asked of whichever scheduler runs a launch.

use super::{
    files::LaunchFolder,
    kubernetes, slurm,
    state::{Role, Scheduler, State},
};
use crate::failure::Failure;

impl Scheduler {
    /// Puts the job that this process belongs to back into the queue.
    ///
    /// # Errors
    /// A scheduler that refuses.
    pub async fn come_back(&self) -> Result<(), Failure> {
        match self {
            Self::Slurm => slurm::commands::requeue_own().await,
            // A Job replaces its pods by itself.
            Self::Kubernetes(_) => Ok(()),
        }
    }

    /// Ends the workers' jobs, those that wait as well; those whose worker was sent away end by themselves first.
    ///
    /// # Errors
    /// A scheduler that refuses.
    pub async fn end_workers(&self, state: &State) -> Result<(), Failure> {
        match self {
            Self::Slurm => slurm::stop::end(&state.ids(Role::Workers)).await,
            // Their Job ends with them.
            Self::Kubernetes(_) => Ok(()),
        }
    }

    /// Shows how the jobs and the sweep stand.
    ///
    /// # Errors
    /// A scheduler that can't be asked; a launch that failed.
    pub async fn status(&self, folder: &LaunchFolder, state: &State) -> Result<(), Failure> {
        match self {
            Self::Slurm => slurm::status::show(folder, state).await,
            Self::Kubernetes(place) => kubernetes::show(folder, place, state).await,
        }
    }

    /// Stops a launch, in order or at once.
    ///
    /// # Errors
    /// A scheduler that can't be asked.
    pub async fn stop(&self, folder: &LaunchFolder, state: &State, now: bool) -> Result<(), Failure> {
        match self {
            Self::Slurm => slurm::stop::stop(folder, state, now).await,
            Self::Kubernetes(place) => kubernetes::stop(place, now).await,
        }
    }
}
