//! Why a child died: from its exit status, its last words, and whether the kernel ran out of memory meanwhile.

use augur_core::state::{Cause, CauseKind};
use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

/// Characters of the log that a cause carries at most.
const LOG_CHARS: usize = 1000;

/// What programs say when memory runs out: C++, libtorch on the CPU and on a GPU, the system, Rust.
const OUT_OF_MEMORY: [&str; 7] = [
    "bad_alloc",
    "out of memory",
    "not enough memory",
    "failed to map segment",
    "can't allocate memory",
    "cannot allocate memory",
    "memory allocation of",
];

/// How many processes the kernel has killed for want of memory since the machine started.
#[derive(Clone, Copy)]
pub(super) struct OomKills(Option<u64>);

impl OomKills {
    /// The count of now; none where the kernel does not say.
    pub fn now() -> Self {
        let counters = std::fs::read_to_string("/proc/vmstat").ok();
        let count = |text: String| {
            text.lines()
                .find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok())
        };
        Self(counters.and_then(count))
    }

    /// Whether the kernel has killed anyone since.
    pub fn happened_since(self) -> bool {
        matches!((self.0, Self::now().0), (Some(before), Some(now)) if now > before)
    }
}

/// The cause, given how the process ended, whether the kernel killed somebody meanwhile, and the last lines of the log.
pub(super) fn cause(status: ExitStatus, oom_kill: bool, log: &[String]) -> Cause {
    let killed_by_kernel = oom_kill && status.signal() == Some(KILL);
    let kind = if killed_by_kernel || log.iter().any(|line| says_out_of_memory(line)) {
        CauseKind::OutOfMemory
    } else {
        CauseKind::Crashed
    };
    let mut detail = describe(status);
    if killed_by_kernel {
        detail += "; meanwhile the kernel killed a process for want of memory";
    }
    let log = last_chars(log);
    if !log.is_empty() {
        detail = format!("{detail}; its last words: {log}");
    }
    Cause { kind, detail }
}

/// Whether a message is about memory that ran out.
pub(super) fn says_out_of_memory(message: &str) -> bool {
    let message = message.to_lowercase();
    OUT_OF_MEMORY.iter().any(|words| message.contains(words))
}

const KILL: i32 = rustix::process::Signal::KILL.as_raw();

fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("the trial's process was ended by signal {signal}{}", name(signal)),
        (None, Some(code)) => format!("the trial's process exited with code {code}"),
        (None, None) => format!("the trial's process ended: {status}"),
    }
}

fn name(signal: i32) -> &'static str {
    use rustix::process::Signal;
    match Signal::from_named_raw(signal) {
        Some(Signal::ABORT) => " (SIGABRT)",
        Some(Signal::BUS) => " (SIGBUS)",
        Some(Signal::FPE) => " (SIGFPE)",
        Some(Signal::ILL) => " (SIGILL)",
        Some(Signal::INT) => " (SIGINT)",
        Some(Signal::KILL) => " (SIGKILL)",
        Some(Signal::SEGV) => " (SIGSEGV)",
        Some(Signal::TERM) => " (SIGTERM)",
        Some(Signal::XCPU) => " (SIGXCPU)",
        _ => "",
    }
}

/// The end of the log in one line.
fn last_chars(log: &[String]) -> String {
    let line = log
        .iter()
        .filter(|line| !line.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" | ");
    let surplus = line.chars().count().saturating_sub(LOG_CHARS);
    line.chars().skip(surplus).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|&line| line.to_owned()).collect()
    }

    #[test]
    fn a_signal_is_named_and_the_log_follows() {
        let cause = cause(ExitStatus::from_raw(11), false, &lines(&["loading", "", "epoch 3"]));
        assert_eq!(cause.kind, CauseKind::Crashed);
        let told = "the trial's process was ended by signal 11 (SIGSEGV); its last words: loading | epoch 3";
        assert_eq!(cause.detail, told);
    }

    #[test]
    fn an_exit_code_is_told() {
        let cause = cause(ExitStatus::from_raw(3 << 8), true, &[]);
        assert_eq!(cause.kind, CauseKind::Crashed);
        assert_eq!(cause.detail, "the trial's process exited with code 3");
    }

    #[test]
    fn memory_is_blamed_on_evidence_only() {
        let kind = |signal, oom_kill, log: &[&str]| cause(ExitStatus::from_raw(signal), oom_kill, &lines(log)).kind;
        assert_eq!(kind(9, true, &[]), CauseKind::OutOfMemory);
        assert_eq!(kind(9, false, &[]), CauseKind::Crashed);
        assert_eq!(kind(11, true, &[]), CauseKind::Crashed);
        assert_eq!(kind(6, false, &["what(): std::bad_alloc"]), CauseKind::OutOfMemory);
        assert_eq!(
            kind(6, false, &["DefaultCPUAllocator: can't allocate memory"]),
            CauseKind::OutOfMemory
        );
    }

    #[test]
    fn a_long_log_keeps_its_end() {
        let cause = cause(ExitStatus::from_raw(6), false, &lines(&[&"x".repeat(5000), "the end"]));
        assert!(cause.detail.ends_with("the end") && cause.detail.chars().count() < 1200);
    }
}
