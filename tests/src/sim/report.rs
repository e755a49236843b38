//! What `make sim` says in the end.

use super::{Failure, Kind, Run};
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// All runs together.
#[derive(Debug, Default)]
pub struct Report {
    runs: usize,
    messages: u64,
    simulated: Duration,
    trials: usize,
    attempts: usize,
    struck: BTreeMap<Kind, usize>,
    causes: BTreeMap<String, usize>,
    failures: Vec<Failure>,
}

impl Report {
    /// Adds a run.
    pub fn add(&mut self, run: Result<Run, Failure>) {
        self.runs += 1;
        match run {
            Err(failure) => self.failures.push(failure),
            Ok(run) => {
                self.messages += run.messages;
                self.simulated += run.lasted;
                self.trials += run.tally.trials;
                self.attempts += run.tally.attempts;
                add(&mut self.struck, run.struck);
                add(&mut self.causes, run.tally.failures);
            }
        }
    }

    /// Runs so far.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Runs that went wrong.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Faults of a kind that found something to strike.
    pub fn struck(&self, kind: Kind) -> usize {
        self.struck.get(&kind).copied().unwrap_or(0)
    }

    /// For people.
    pub fn text(&self, took: Duration) -> String {
        let mut out = "| fault | times |\n| --- | --: |\n".to_owned();
        for kind in Kind::ALL {
            let _ = writeln!(out, "| {} | {} |", kind.name(), self.struck(kind));
        }
        out += "\n| cause of a failed attempt | times |\n| --- | --: |\n";
        for (cause, times) in &self.causes {
            let _ = writeln!(out, "| {cause} | {times} |");
        }
        let _ = writeln!(
            out,
            "\n{} runs, {} failed; {} trials, {} attempts, {} messages, {:.1} h simulated in {:.0} s",
            self.runs,
            self.failures.len(),
            self.trials,
            self.attempts,
            self.messages,
            self.simulated.as_secs_f64() / 3600.0,
            took.as_secs_f64(),
        );
        for Failure { seed, what } in &self.failures {
            let _ = writeln!(
                out,
                "\nseed {seed}: {what}\n  the same again: target/release/sim --seed {seed}"
            );
        }
        out
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, usize>, counts: BTreeMap<K, usize>) {
    for (key, count) in counts {
        *sums.entry(key).or_default() += count;
    }
}
