//! The Python client's own tests, against the coordinator under test.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::bin::{path, workspace};
use std::process::Command;

#[test]
fn pytest_passes() {
    let python = workspace().join(".venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing; run `make setup-test`",
        python.display()
    );
    let coordinator = path("augur-coordinator");
    let output = Command::new(python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .current_dir(workspace().join("clients/python"))
        .env("AUGUR_BIN", coordinator.parent().unwrap())
        .env("PYTHONPATH", "src")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("AUGUR_COORDINATOR")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
