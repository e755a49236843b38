//! The folder of a trial's checkpoints: one file for each, named by its step, and each whole or not there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const PREFIX: &str = "step-";
const SUFFIX: &str = ".safetensors";
const PARTIAL: &str = ".partial";

/// The checkpoints in `folder`, the one of the latest step first; none where there is no folder.
pub(super) fn newest_first(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        found.extend(step_of(&path).map(|step| (step, path)));
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// The file for the checkpoint of a step.
pub(super) fn path(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("{PREFIX}{step:012}{SUFFIX}"))
}

/// Writes the file `path` whole: whoever looks for it, after a loss of power too, finds all of it or nothing. What could not
/// be written leaves no trace.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Of this process alone: an attempt that was given up may still write here.
    let partial = path.with_extension(format!("{}{PARTIAL}", std::process::id()));
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    });
    if written.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&partial);
    }
    written?;
    File::open(folder)?.sync_all()
}

/// Removes every checkpoint but `kept`, and what killed processes left half-written. What can't be removed takes room and
/// does no harm.
pub(super) fn keep_only(folder: &Path, kept: &[PathBuf]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_partial = path.to_string_lossy().ends_with(PARTIAL);
        if is_partial || step_of(&path).is_some() && !kept.contains(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

fn step_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()
}
