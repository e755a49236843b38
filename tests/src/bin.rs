//! The binaries under test, as they lie beside this test or program in the target folder.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder above this crate.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the workspace exists")
}

/// The path of a binary of the workspace.
///
/// # Panics
/// Where it has not been built.
pub fn path(name: &str) -> PathBuf {
    let this = env::current_exe().expect("a program knows its own path");
    // Tests lie in target/PROFILE/deps, programs beside the others.
    let folder = match this.parent() {
        Some(folder) if folder.ends_with("deps") => folder.parent(),
        folder => folder,
    };
    let path = folder.expect("a program lies in a folder").join(name);
    assert!(
        path.exists(),
        "{} is missing; build the workspace first: make setup",
        path.display()
    );
    path
}

/// `augur` in the workspace's folder, where the default data folder lies.
pub fn augur() -> Command {
    let mut command = Command::new(path("augur"));
    command
        .current_dir(workspace())
        .env_remove("AUGUR_COORDINATOR")
        .env("NO_COLOR", "1");
    command
}
