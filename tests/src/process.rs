//! Process trees as the kernel shows them, signals, and waiting for a condition with a deadline.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// The processes below `ancestor` whose command line holds `needle`.
pub fn descendants(ancestor: u32, needle: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for child in children(ancestor) {
        let command = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&command).replace('\0', " ").contains(needle) {
            found.push(child);
        }
        found.extend(descendants(child, needle));
    }
    found
}

fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

/// The fourth field of /proc/PID/stat; the second, the name, may hold spaces and parentheses.
fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Whether a process runs (a zombie doesn't).
pub fn is_alive(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// Sends a signal; a process that is gone already is no error.
pub fn signal(pid: u32, signal: i32) {
    let pid = libc::pid_t::try_from(pid).expect("process ids fit");
    // SAFETY: kill has no memory effects; an unknown process gives ESRCH.
    unsafe { libc::kill(pid, signal) };
}

/// Looks again and again until `condition` gives a value.
///
/// # Panics
/// With `what` where it does not within `limit`.
pub fn wait_for<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(begin.elapsed() < limit, "waited {limit:?} in vain for {what}");
        thread::yield_now();
        thread::park_timeout(Duration::from_millis(20));
    }
}
