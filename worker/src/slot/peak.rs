//! The peak of this process's resident memory, as Linux counts it; elsewhere it is not known.

use std::fs;

/// Begins to count anew. Memory that the allocator keeps from earlier trials counts still: the peak is then too high, not too
/// low.
pub(super) fn reset() {
    // 5 resets VmHWM (proc(5)). A kernel that refuses leaves the peak of the whole life.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The peak since, in bytes.
pub(super) fn bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
