//! What `make ha-test` says in the end.

use super::{Fault, Setting};
use std::fmt::Write;

/// A take-over must not take longer, seconds.
const LIMIT: f64 = 10.0;

/// One fault and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct TakeOver {
    /// What struck the leader.
    pub fault: Fault,
    /// From the fault to the first new lease, seconds.
    pub seconds: f64,
    /// Whether the other one leads afterwards.
    pub changed: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Every fault.
    pub take_overs: Vec<TakeOver>,
    /// Sweeps, and their trials.
    pub sweeps: usize,
    /// Trials of all sweeps.
    pub trials: usize,
    /// Attempts of all trials.
    pub attempts: usize,
    /// Attempts that came to nothing.
    pub failures: String,
    /// Completions that were acknowledged to a worker.
    pub acknowledged: usize,
    /// Everything that does not hold.
    pub wrong: Vec<String>,
}

impl Report {
    /// Whether all is as it should be.
    pub fn is_sound(&self) -> bool {
        self.wrong.is_empty() && self.take_overs.iter().all(|take| take.seconds <= LIMIT)
    }

    /// Tables for people.
    pub fn markdown(&self, setting: &Setting) -> String {
        let mut out = String::from(
            "| what happened to the leader | times | other one leads | first new lease after, s: median | longest |\n\
             | :-- | --: | --: | --: | --: |\n",
        );
        for fault in Fault::ALL {
            let of: Vec<_> = self.take_overs.iter().filter(|take| take.fault == fault).collect();
            let mut seconds: Vec<f64> = of.iter().map(|take| take.seconds).collect();
            seconds.sort_by(f64::total_cmp);
            let Some(longest) = seconds.last() else { continue };
            let (median, changed) = (
                seconds[seconds.len() / 2],
                of.iter().filter(|take| take.changed).count(),
            );
            let (name, times) = (fault.name(), of.len());
            let _ = writeln!(out, "| {name} | {times} | {changed} | {median:.2} | {longest:.2} |");
        }
        let _ = writeln!(
            out,
            "\n{} sweeps of {} trials, {} workers: {} attempts (came to nothing: {}), {} completions acknowledged.",
            self.sweeps, self.trials, setting.workers, self.attempts, self.failures, self.acknowledged
        );
        for take in self.take_overs.iter().filter(|take| take.seconds > LIMIT) {
            let _ = writeln!(out, "WRONG: {} took {:.2} s", take.fault.name(), take.seconds);
        }
        for wrong in &self.wrong {
            let _ = writeln!(out, "WRONG: {wrong}");
        }
        if self.is_sound() {
            let _ = writeln!(
                out,
                "Nothing acknowledged is lost, nothing came twice, every leaderboard is that of an undisturbed run, the store \
                 holds, and no take-over took longer than {LIMIT} s."
            );
        }
        out
    }
}
