//! Kubernetes.

use crate::failure::{Exit, Failure};
use clap::Args;
use std::path::PathBuf;

/// Runs a sweep on Kubernetes
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
    let text = format!("{} can't be launched on Kubernetes yet", options.config.display());
    Err(Failure::new(Exit::Unexpected, text))
}
