//! How the variance of AUROC splits between starting points and seeds.

use augur_core::{
    leaderboard::{Leaderboard, TaskResult},
    measure::Components,
    spec::METHOD,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// How starts and seeds meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Every start on every seed.
    Crossed,
    /// Each seed has starts of its own.
    Nested,
}

/// The components of the variance of the candidates' AUROC within a task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// How they were estimated.
    pub design: Design,
    /// Tasks that have enough values, and the values of all of them.
    pub tasks: usize,
    pub values: usize,
    /// The parts.
    pub components: Components,
}

/// The spread of the method's candidates over all tasks; none without two starts and two seeds.
pub(super) fn of(board: &Leaderboard) -> Option<Spread> {
    let tasks = aurocs(board);
    let is_crossed = tasks.iter().any(|starts| starts.values().any(|seeds| seeds.len() > 1));
    let (design, tables): (_, Vec<_>) = match is_crossed {
        true => (Design::Crossed, tasks.iter().map(complete).collect()),
        false => (Design::Nested, tasks.iter().map(by_seed).collect()),
    };
    let components = match design {
        Design::Crossed => Components::crossed(&tables),
        Design::Nested => Components::nested(&tables),
    };
    let enough = |rows: &&Vec<Vec<f64>>| rows.len() > 1 && rows.iter().any(|row| row.len() > 1);
    Some(Spread {
        design,
        tasks: tables.iter().filter(enough).count(),
        values: tables.iter().filter(enough).flatten().map(Vec::len).sum(),
        components: components.ok()?,
    })
}

/// The AUROC of each start of a task on each seed.
type Starts = BTreeMap<String, BTreeMap<u64, f64>>;

/// A start is a family and its hyperparameters, to the last bit.
fn aurocs(board: &Leaderboard) -> Vec<Starts> {
    let mut tasks: Vec<(&str, Starts)> = Vec::new();
    let is_method = |result: &&TaskResult| result.variant == METHOD;
    for result in board.tasks.iter().filter(is_method) {
        if !tasks.iter().any(|(task, _)| *task == result.task) {
            tasks.push((&result.task, Starts::new()));
        }
        let Some((_, starts)) = tasks.iter_mut().find(|(task, _)| *task == result.task) else {
            continue;
        };
        for candidate in &result.candidates {
            if let Some(auroc) = candidate.auroc {
                let start = format!("{} {:?}", candidate.family, candidate.initial);
                starts.entry(start).or_default().insert(result.seed, auroc);
            }
        }
    }
    tasks.into_iter().map(|(_, starts)| starts).collect()
}

/// A row for each start that has a value on every seed of its task.
fn complete(starts: &Starts) -> Vec<Vec<f64>> {
    let seeds = by_seed(starts).len();
    let rows = starts.values().filter(|start| start.len() == seeds);
    rows.map(|start| start.values().copied().collect()).collect()
}

/// A row for each seed.
fn by_seed(starts: &Starts) -> Vec<Vec<f64>> {
    let mut seeds: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (seed, auroc) in starts.values().flatten() {
        seeds.entry(*seed).or_default().push(*auroc);
    }
    seeds.into_values().collect()
}
