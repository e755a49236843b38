//! Gathers from a coordinator what the result files of a finished sweep are made from.

use crate::{
    client::Client,
    failure::{Exit, Failure},
    report::{GroupCurves, ReportInput, Time, TrialCurve, Worker},
    results::Layout,
};
use augur_core::{
    leaderboard::{Leaderboard, TaskResult},
    spec::{self, METHOD, SweepSpec},
    state::Cause,
    time::Timestamp,
};
use augur_proto::v1;
use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

/// The leaderboard of the sweep of this resource name, its spec, and the epochs of all its trials.
///
/// # Errors
/// The coordinator can't be reached, or doesn't know the sweep.
pub async fn gather(client: &mut Client, name: &str) -> Result<ReportInput, Failure> {
    let leaderboard = client.leaderboard(name).await?;
    let sweep = client.sweep(name).await?;
    let spec = parse(&sweep, client)?;
    let mut groups = Vec::new();
    for group in client.groups(name).await? {
        groups.push(curves(client, name, &group, &leaderboard).await?);
    }
    Ok(ReportInput {
        time: time(&sweep),
        leaderboard,
        spec,
        groups,
        workers: workers(client).await?,
        command_line: command_line(),
        generated_at: now(),
        layout: Layout::default(),
    })
}

/// The spec of the sweep of this resource name.
///
/// # Errors
/// As of [`gather`].
pub(super) async fn spec_of(client: &mut Client, name: &str) -> Result<SweepSpec, Failure> {
    let sweep = client.sweep(name).await?;
    parse(&sweep, client)
}

fn parse(sweep: &v1::Sweep, client: &Client) -> Result<SweepSpec, Failure> {
    spec::parse(&sweep.spec_yaml).map_err(|error| {
        let text = format!(
            "the coordinator at {} sent a spec that can't be read: {error}",
            client.url
        );
        Failure::new(Exit::Unexpected, text)
    })
}

/// The command that this is, as typed.
pub(super) fn command_line() -> String {
    std::env::args().collect::<Vec<_>>().join(" ")
}

/// The workers that the coordinator knows, of any sweep.
async fn workers(client: &mut Client) -> Result<Vec<Worker>, Failure> {
    let workers = client.workers().await?.into_iter().map(|worker| Worker {
        host: worker.host,
        slots: worker.slots,
        augur: worker.augur_version,
        libtorch: worker.libtorch_version,
    });
    Ok(workers.collect())
}

/// How long a sweep took that is over.
fn time(sweep: &v1::Sweep) -> Option<Time> {
    let seconds = |at: &prost_types::Timestamp| at.seconds as f64 + f64::from(at.nanos) / 1e9;
    let took = seconds(sweep.end_time.as_ref()?) - seconds(sweep.create_time.as_ref()?);
    (took > 0.0).then_some(Time {
        seconds: took,
        trial_seconds: sweep.progress.as_ref()?.trial_seconds,
    })
}

/// The moment, by this machine's clock.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

async fn curves(
    client: &mut Client,
    sweep: &str,
    group: &v1::Group,
    leaderboard: &Leaderboard,
) -> Result<GroupCurves, Failure> {
    let result = leaderboard
        .tasks
        .iter()
        .find(|result| (&result.task, result.seed, &result.variant) == (&group.task, group.seed, &group.variant));
    // The other variants have none.
    let pictures = match group.variant == METHOD {
        true => client.pictures(sweep, group.index).await?,
        false => Vec::new(),
    };
    let measurements = client.measurements(sweep, group.index).await?;
    let mut measurements: HashMap<_, _> = measurements.into_iter().map(|t| (t.trial, t.measurements)).collect();
    let trials = client.trials(sweep, group.index).await?.into_iter().map(|trial| {
        let id = id(&trial.name).to_owned();
        let epochs = measurements.remove(&id).unwrap_or_default();
        TrialCurve {
            selected: result.is_some_and(|result| is_selected(result, &id)),
            excluded: result.and_then(|result| exclusion(result, &id)),
            family: trial.family,
            initial: trial.initial,
            reused_from: Some(trial.reused_from).filter(|sweep| !sweep.is_empty()),
            attempts: Some(trial.attempts),
            cause: trial
                .cause
                .and_then(|cause| Cause::try_from(cause).ok())
                .map(|cause| cause.to_string()),
            measurements: epochs.into_iter().map(Into::into).collect(),
            trial: id,
        }
    });
    Ok(GroupCurves {
        task: group.task.clone(),
        seed: group.seed,
        variant: group.variant.clone(),
        trials: trials.collect(),
        pictures,
    })
}

pub(super) fn is_selected(result: &TaskResult, trial: &str) -> bool {
    result
        .selected
        .as_ref()
        .is_some_and(|selected| selected.trial.to_string() == trial)
}

pub(super) fn exclusion(result: &TaskResult, trial: &str) -> Option<String> {
    let excluded = result
        .excluded
        .iter()
        .find(|excluded| excluded.trial.to_string() == trial)?;
    Some(excluded.reason.clone())
}

/// The last part of a resource name.
pub(crate) fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
