//! The launch's own Secret: certificates and tokens, made by the coordinator's program and kept in the launch's folder.

use super::release::{Access, Release};
use crate::{failure::{Exit, Failure}, launch::files::LaunchFolder};

/// Fills the launch's own Secret.
///
/// # Errors
/// For now, whenever there has to be one.
pub fn fill(release: &mut Release, _folder: &LaunchFolder) -> Result<(), Failure> {
    match &release.access {
        Access::Secret { content: Some(_), .. } => Err(Failure::new(
            Exit::CommandLine,
            "say who may speak with the coordinator: --secret NAME, or --insecure",
        )),
        _ => Ok(()),
    }
}
