//! `augur mlflow`: each trial of a sweep as a run of MLflow, through its REST API.
//!
//! A run is found again by its tags, so that an export that is repeated, or that was broken off, goes on where it was.

mod api;
mod run;

pub use api::Server;

use crate::{client::Client, failure::Failure, results::id};
use api::Found;
use augur_core::leaderboard::{Leaderboard, TaskResult};
use augur_proto::v1::{Group, Sweep};
use run::TrialRun;
use std::collections::HashMap;

/// Of a run: what of its trial it holds.
const EXPORTED: &str = "augur.exported";
/// Of a run: {trial}.
const TRIAL: &str = "augur.trial";
/// Of a run: the sweep's name.
const SWEEP: &str = "augur.sweep";
/// Of a run: {sweep}.
const SWEEP_ID: &str = "augur.sweep_id";

/// What an export did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Runs that are new.
    pub made: u32,
    /// Runs that were there and lacked something.
    pub updated: u32,
    /// Runs that had everything.
    pub unchanged: u32,
}

/// Brings every trial of a sweep that has begun into an experiment, which is made if it isn't there.
///
/// # Errors
/// The coordinator or the server can't be reached, or refuses something.
pub async fn export(client: &mut Client, sweep: &Sweep, server: &Server, experiment: &str) -> Result<Counts, Failure> {
    let board = client.leaderboard(&sweep.name).await?;
    let experiment = server.experiment(experiment)?;
    let known = server.runs(&experiment, (SWEEP_ID, id(&sweep.name)))?;
    let known: HashMap<_, _> = known
        .into_iter()
        .filter_map(|mut found| Some((found.tags.remove(TRIAL)?, found)))
        .collect();
    let mut counts = Counts::default();
    for group in client.groups(&sweep.name).await? {
        let result = result_of(&board, &group);
        for run in runs(client, sweep, &group, result).await? {
            bring(server, &experiment, known.get(&run.trial), &run, &mut counts)?;
        }
    }
    Ok(counts)
}

fn result_of<'a>(board: &'a Leaderboard, group: &Group) -> Option<&'a TaskResult> {
    let is_of = |result: &&TaskResult| {
        (&result.task, result.seed, &result.variant) == (&group.task, group.seed, &group.variant)
    };
    board.tasks.iter().find(is_of)
}

/// The trials of a group that have begun.
async fn runs(
    client: &mut Client,
    sweep: &Sweep,
    group: &Group,
    result: Option<&TaskResult>,
) -> Result<Vec<TrialRun>, Failure> {
    let measured = client.measurements(&sweep.name, group.index).await?;
    let measured: HashMap<_, _> = measured.iter().map(|trial| (trial.trial.as_str(), trial)).collect();
    let trials = client.trials(&sweep.name, group.index).await?;
    let begun = trials.iter().filter_map(|trial| {
        let measured = measured.get(id(&trial.name))?;
        Some(TrialRun::new(sweep, trial, measured, result))
    });
    Ok(begun.collect())
}

/// Makes a run what its trial is. The tag that says so comes last.
fn bring(
    server: &Server,
    experiment: &str,
    known: Option<&Found>,
    run: &TrialRun,
    counts: &mut Counts,
) -> Result<(), Failure> {
    let identifier = match known {
        Some(known) if known.tags.get(EXPORTED) == Some(&run.holds) => {
            counts.unchanged += 1;
            return Ok(());
        }
        Some(known) => {
            counts.updated += 1;
            known.run.clone()
        }
        None => {
            counts.made += 1;
            server.create_run(experiment, run)?
        }
    };
    server.log(&identifier, run)?;
    server.update_run(&identifier, run)?;
    server.tag(&identifier, EXPORTED, &run.holds)
}
