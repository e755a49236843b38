//! The binaries under test, as they lie beside this test in the target folder.

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
    let test = env::current_exe().expect("a test knows its own path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests lie in target/PROFILE/deps");
    let path = folder.join(name);
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
