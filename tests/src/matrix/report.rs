//! What `make crash-matrix` says in the end, as Markdown and as JSON.

use super::{Calm, Kind, Mode, Run};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write};

/// The runs of one store in one mode.
#[derive(Debug, Serialize)]
pub struct Cell {
    /// On which store.
    pub store: Kind,
    /// In which mode.
    pub mode: Mode,
    /// Each of them.
    pub runs: Vec<Run>,
}

/// All of it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Persistence steps of the script by store and name.
    pub steps: BTreeMap<&'static str, BTreeMap<String, usize>>,
    /// Disturbed runs.
    pub cells: Vec<Cell>,
    /// By store and call: what the second delivery of each call gave.
    pub seconds: BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>,
    /// What was wrong where every call was delivered twice.
    pub twice_wrong: Vec<String>,
    /// From the beginning to the end.
    pub seconds_taken: f64,
}

impl Report {
    /// Takes note of an undisturbed run.
    pub fn add_calm(&mut self, store: Kind, calm: &Calm) {
        let names = self.steps.entry(store.title()).or_default();
        for name in &calm.steps {
            *names.entry(name.clone()).or_default() += 1;
        }
    }

    /// Takes note of a run in which each call was delivered twice.
    pub fn add_twice(&mut self, store: Kind, calm: &Calm, twice: &Calm) {
        self.seconds.insert(store.title(), twice.seconds.clone());
        if let Some(difference) = twice.digest.difference(&calm.digest) {
            self.twice_wrong.push(format!("{}: {difference}", store.title()));
        }
    }

    /// Whether every run came to the same end.
    pub fn is_sound(&self) -> bool {
        let mut runs = self.cells.iter().flat_map(|cell| &cell.runs);
        self.twice_wrong.is_empty() && runs.all(|run| run.wrong.is_none())
    }

    /// Tables for people.
    pub fn markdown(&self) -> String {
        let mut out = "| store | each step ... | steps | runs | restarts | lost | repeated | came to another end |\n\
                       | --- | --- | --: | --: | --: | --: | --: | --: |\n"
            .to_owned();
        for Cell { store, mode, runs } in &self.cells {
            let steps: usize = self.steps.get(store.title()).map_or(0, |names| names.values().sum());
            let sum = |of: fn(&Run) -> usize| runs.iter().map(of).sum::<usize>();
            let _ = writeln!(
                out,
                "| {} | {} | {steps} | {} | {} | {} | {} | {} |",
                store.title(),
                mode.title(),
                runs.len(),
                sum(|run| run.restarts as usize),
                sum(|run| run.lost),
                sum(|run| run.repeated),
                sum(|run| usize::from(run.wrong.is_some())),
            );
        }
        let _ = writeln!(out, "\nIn {:.0} s.", self.seconds_taken);
        out + &self.second_deliveries() + &self.failures()
    }

    fn second_deliveries(&self) -> String {
        let mut out = String::new();
        for (store, calls) in &self.seconds {
            let _ = writeln!(
                out,
                "\n{store}, every call delivered twice:\n\n| call | times | the second is answered |"
            );
            out += "| --- | --: | --- |\n";
            for (call, answers) in calls {
                let mut kinds: Vec<&str> = answers.iter().map(String::as_str).collect();
                kinds.sort_unstable();
                kinds.dedup();
                let _ = writeln!(out, "| {call} | {} | {} |", answers.len(), kinds.join(", "));
            }
        }
        out
    }

    /// What is wrong, each with the command that shows it again.
    fn failures(&self) -> String {
        let mut out = String::new();
        for wrong in &self.twice_wrong {
            let _ = writeln!(out, "\nWRONG with every call delivered twice, {wrong}");
        }
        for cell in &self.cells {
            for run in &cell.runs {
                if let Some(wrong) = &run.wrong {
                    let (store, mode) = (cell.store.name(), cell.mode.name());
                    let _ = writeln!(
                        out,
                        "\nWRONG: crash-matrix --store {store} --mode {mode} --step {}\n{wrong}",
                        run.fault.step
                    );
                }
            }
        }
        out
    }
}
