//! What of a leaderboard was not computed for it.

use augur_core::leaderboard::Leaderboard;
use std::collections::BTreeMap;

/// How many ranked trials were reused from each earlier sweep, by its name.
pub fn reused(board: &Leaderboard) -> BTreeMap<&str, u32> {
    let mut counts = BTreeMap::new();
    for candidate in board.tasks.iter().flat_map(|task| &task.candidates) {
        if let Some(sweep) = &candidate.reused_from {
            *counts.entry(sweep.as_str()).or_default() += 1u32;
        }
    }
    counts
}
