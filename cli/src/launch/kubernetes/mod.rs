//! Kubernetes: a launch as plain objects of its API.
//!
//! [`release`] is what all objects are made from, [`manifests`] lists them, each kind has its file; [`object`] is one as it
//! is written and applied.

mod coordinator;
mod manifests;
mod network;
mod object;
mod options;
mod pod;
mod release;
mod shared;
mod submit;
mod values;
mod workers;

pub use options::Options;

use super::files::LaunchFolder;
use crate::{
    config::Config,
    failure::{Exit, Failure},
};
use release::{Access, Release};

/// Who objects say they are managed by, and who applies them.
const MANAGER: &str = "augur";
/// The label of whatever belongs to a launch.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// Launches a sweep, or with `--dry-run` only says what would be made.
///
/// # Errors
/// A config that can't be used, a folder that can't be written, a cluster that can't be reached or refuses.
pub async fn launch(options: Options) -> Result<(), Failure> {
    let config = Config::read(&options.config)?;
    let folder = options.out.as_deref().map(LaunchFolder::at);
    let access = access(&options)?;
    let is_dry = options.dry_run;
    let release = Release::new(config, options, access)?;
    let objects = manifests::all(&release)?;
    match (&folder, is_dry) {
        (None, _) => crate::command::print(&manifests::stream(&objects)),
        (Some(folder), _) => manifests::write(&objects, &folder.scripts())?,
    }
    Ok(())
}

fn access(options: &Options) -> Result<Access, Failure> {
    match (&options.access.secret, options.access.insecure) {
        (Some(name), _) => Ok(Access::Secret {
            name: name.clone(),
            content: None,
        }),
        (None, true) => Ok(Access::Insecure),
        (None, false) => Err(Failure::new(
            Exit::CommandLine,
            "say who may speak with the coordinator: --secret NAME, or --insecure",
        )),
    }
}
