//! Running another program to its end.

use super::Fault;
use std::process::{Command, Stdio};

/// Whether a program is there to be run.
pub(super) fn exists(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    quiet.is_ok()
}

/// Runs it; its last line of complaint is the fault.
pub(super) fn run(command: &mut Command) -> Result<(), Fault> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|fault| format!("{name} can't be run: {fault}"))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let what = match complaint.lines().rev().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) if line.starts_with(&name) => line.to_owned(),
        Some(line) => format!("{name}: {line}"),
        None => format!("{name} ended with {}", output.status),
    };
    Err(what.into())
}
