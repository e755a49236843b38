//! Where the other programs of augur are: beside this one, else on PATH.

use crate::failure::{Exit, Failure};
use std::{env, path::PathBuf};

/// The coordinator's program.
pub const COORDINATOR: &str = "augur-coordinator";
/// The worker's program.
pub const WORKER: &str = "augur-worker";

/// The path of a program, if it is there.
pub fn find(name: &str) -> Option<PathBuf> {
    let beside = env::current_exe().ok().and_then(|own| Some(own.parent()?.to_owned()));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = beside.into_iter().chain(env::split_paths(&path));
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    folders
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
}

/// The path of a program that has to be there.
pub fn require(name: &str) -> Result<PathBuf, Failure> {
    find(name).ok_or_else(|| {
        let text = format!("{name} is neither beside `augur` nor on PATH; build it with `make setup`");
        Failure::new(Exit::CannotStart, text)
    })
}
