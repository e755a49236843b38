//! What a process used, as Linux counts it.

use std::fs;

use anyhow::{Context, Result};
use serde::Serialize;

/// Seconds of a CPU, and memory.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Usage {
    pub cpu_s: f64,
    /// Resident now, and at most so far.
    pub rss_mib: f64,
    pub peak_mib: f64,
    /// Handed to the disk.
    pub written_mib: f64,
    /// Of each thread that used any, by its number.
    #[serde(skip)]
    threads: Vec<(u32, String, f64)>,
}

/// Ticks of a second in /proc/PID/stat: the same on every Linux that Rust supports.
const TICKS: f64 = 100.0;

impl Usage {
    /// Of a process that lives.
    pub fn of(pid: u32) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
            kib.unwrap_or_default() / 1024.0
        };
        let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
        let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        let mut threads = Vec::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
            let path = entry?.path();
            // A thread may end meanwhile.
            let Ok(stat) = fs::read_to_string(path.join("stat")) else {
                continue;
            };
            let Some((id, name, cpu_s)) = thread(&stat) else {
                continue;
            };
            threads.push((id, name, cpu_s));
        }
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Ok(Self {
            cpu_s: thread(&stat).context("/proc/PID/stat is not as proc(5) says")?.2,
            rss_mib: mib("VmRSS:"),
            peak_mib: mib("VmHWM:"),
            written_mib: written
                .and_then(|bytes| bytes.trim().parse::<f64>().ok())
                .unwrap_or_default()
                / f64::from(1 << 20),
            threads,
        })
    }

    /// The thread that used most since `before`, and how many seconds.
    pub fn busiest_since(&self, before: &Self) -> (String, f64) {
        let used = |(id, name, now): &(u32, String, f64)| {
            let then = before.threads.iter().find(|(other, ..)| other == id);
            (name.clone(), now - then.map_or(0.0, |(_, _, cpu)| *cpu))
        };
        let busiest = self.threads.iter().map(used).max_by(|a, b| a.1.total_cmp(&b.1));
        busiest.unwrap_or_default()
    }
}

/// Number, name and CPU seconds, of a line of /proc/PID/stat or of a thread's.
fn thread(stat: &str) -> Option<(u32, String, f64)> {
    // The name is in parentheses and may hold any character.
    let (id, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some((id.parse().ok()?, name.to_owned(), ticks / TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "12 (a) (b) S 1 1 1 0 -1 0 5 0 0 0 150 50 0 0 20 0";
        assert_eq!(thread(stat), Some((12, "a) (b".to_owned(), 2.0)));
    }

    #[test]
    fn this_process_has_used_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.rss_mib > 1.0 && usage.peak_mib >= usage.rss_mib);
    }
}
