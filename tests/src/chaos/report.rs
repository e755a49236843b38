//! What `make chaos` says in the end, as Markdown and as JSON.

use super::{Kind, Run, Setting, Variant};
use serde::Serialize;
use std::fmt::Write;

/// A sweep that was run undisturbed and disturbed.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// Which sweep.
    pub variant: Variant,
    /// Faults that were planned.
    pub faults: usize,
    /// Without faults.
    pub calm: Run,
    /// With faults.
    pub disturbed: Run,
    /// Whether both leaderboards are the same, bit for bit, times left out.
    pub identical: bool,
}

impl Comparison {
    /// Nothing lost, nothing twice, every invariant holds, the leaderboards are identical, and every fault struck.
    pub fn is_sound(&self) -> bool {
        let whole = |run: &Run| run.tally.lost == 0 && run.tally.repeated == 0 && run.violations.is_empty();
        let struck = self.disturbed.struck.len() == self.faults;
        self.identical && whole(&self.calm) && whole(&self.disturbed) && struck
    }
}

/// All of it.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of the plan of faults.
    pub seed: u64,
    /// Of the crew.
    #[serde(flatten)]
    pub setting: Setting,
    /// Every sweep.
    pub sweeps: Vec<Comparison>,
}

impl Report {
    /// Whether every sweep came to the end that it should.
    pub fn is_sound(&self) -> bool {
        self.sweeps.iter().all(Comparison::is_sound)
    }

    /// Tables for people.
    pub fn markdown(&self) -> String {
        let Setting { workers, lease_s } = self.setting;
        let mut out = format!(
            "Seed {}, {workers} workers of one slot, leases of {lease_s} s.\n\n",
            self.seed
        );
        out += &self.kinds();
        out.push('\n');
        out += "| sweep | trials | faults | lost | repeated | attempts | attempts that came to nothing | invariants broken | leaderboard | seconds calm | disturbed |\n";
        out += "| --- | --: | --: | --: | --: | --: | --- | --: | --- | --: | --: |\n";
        for sweep in &self.sweeps {
            let (run, tally) = (&sweep.disturbed, &sweep.disturbed.tally);
            let leaderboard = if sweep.identical { "identical" } else { "DIFFERENT" };
            let _ = writeln!(
                out,
                "| {} | {} | {} of {} | {} | {} | {} | {} | {} | {leaderboard} | {:.0} | {:.0} |",
                sweep.variant.name(),
                tally.trials,
                run.struck.len(),
                sweep.faults,
                tally.lost,
                tally.repeated,
                tally.attempts,
                tally.failures_text(),
                run.violations.len(),
                sweep.calm.seconds,
                run.seconds,
            );
        }
        for violation in self.sweeps.iter().flat_map(|sweep| &sweep.disturbed.violations) {
            let _ = writeln!(out, "\nBroken: {violation}");
        }
        out
    }

    fn kinds(&self) -> String {
        let mut out = "| fault | ".to_owned();
        out += &self
            .sweeps
            .iter()
            .map(|sweep| format!("{} | ", sweep.variant.name()))
            .collect::<String>();
        out += "all |\n| --- | ";
        out += &"--: | ".repeat(self.sweeps.len());
        out += "--: |\n";
        for kind in Kind::ALL {
            let of = |sweep: &Comparison| sweep.disturbed.struck.iter().filter(|fault| fault.kind == kind).count();
            let counts: Vec<usize> = self.sweeps.iter().map(of).collect();
            let cells: String = counts.iter().map(|count| format!("{count} | ")).collect();
            let _ = writeln!(out, "| {} | {cells}{} |", kind.name(), counts.iter().sum::<usize>());
        }
        out
    }
}
