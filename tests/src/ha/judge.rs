//! Whether a sweep came to the end that it should.

use super::client::{Client, History};
use crate::chaos::tally::Tally;
use anyhow::{Result, ensure};
use augur_proto::v1::{self, TrialState};
use std::collections::BTreeSet;

/// A sweep that is over.
pub struct Ended {
    /// Its number.
    pub number: usize,
    /// Its leaderboard, in which invented times are functions of the trials too.
    pub leaderboard: v1::Leaderboard,
    /// What became of its trials.
    pub tally: Tally,
}

/// Looks at a sweep that is over: nothing that was acknowledged is lost, nothing came twice, and whoever watched it over all
/// breaks has seen what the store has.
///
/// # Errors
/// What does not hold.
pub async fn judge(
    number: usize,
    name: &str,
    client: &Client,
    seen: &History,
    acknowledged: &BTreeSet<String>,
) -> Result<Ended> {
    let trials = client.trials(name).await?;
    let history = client.watch(name).await?;
    let states = |of: &History| -> Vec<(u64, u32, i32)> {
        of.iter()
            .map(|(revision, trial)| (*revision, trial.index, trial.state))
            .collect()
    };
    ensure!(
        states(seen) == states(&history),
        "{name}: the watcher saw another history than the store has"
    );
    let ends: Vec<_> = history.into_iter().map(|(_, trial)| trial).collect();
    let tally = Tally::of(&trials, &ends);
    ensure!(tally.lost == 0, "{name}: {} trials are lost", tally.lost);
    ensure!(
        tally.repeated == 0,
        "{name}: {} trials came to an end twice",
        tally.repeated
    );
    let completed: BTreeSet<&str> = trials
        .iter()
        .filter(|trial| trial.state() == TrialState::Completed)
        .map(|trial| trial.name.as_str())
        .collect();
    let prefix = format!("{name}/");
    for trial in acknowledged.iter().filter(|trial| trial.starts_with(&prefix)) {
        ensure!(
            completed.contains(trial.as_str()),
            "{trial} was acknowledged, and is lost"
        );
    }
    Ok(Ended {
        number,
        leaderboard: client.leaderboard(name).await?,
        tally,
    })
}
