//! Where the other programs of augur are: beside this one, else on PATH.

use crate::failure::{Exit, Failure, os_text};
use std::{env, ffi::OsString, os::unix::process::CommandExt, path::PathBuf, process::Command};

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

/// Becomes a program's command of this name; returns only if that fails.
pub fn hand_over(program: &str, command: &str, arguments: Vec<OsString>) -> Result<(), Failure> {
    let fault = Command::new(require(program)?).arg(command).args(arguments).exec();
    let text = format!("{program} can't be started: {}", os_text(&fault));
    Err(Failure::new(Exit::CannotStart, text))
}
