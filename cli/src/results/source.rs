//! Where results come from: a sweep of a coordinator, or a folder of results.

use super::gather;
use crate::{
    client::{Remote, sweep_name},
    failure::{Exit, Failure, os_text},
    report::{GroupCurves, ReportInput, TrialCurve},
};
use augur_core::{
    leaderboard::{Leaderboard, SCHEMA, TaskResult},
    plan::Plan,
    spec::{self, SweepSpec},
};
use std::{fs, path::Path};

/// The results of a sweep that is named by its folder, its name or its identifier; names need a coordinator.
///
/// # Errors
/// Files that are missing or not what they should be, a coordinator that isn't there or doesn't know the sweep.
pub async fn results_of(sweep: &str, remote: &Remote) -> Result<ReportInput, Failure> {
    let folder = Path::new(sweep);
    if folder.is_dir() {
        return read_folder(folder);
    }
    let mut client = remote.connect_for(sweep).await?;
    gather(&mut client, &sweep_name(sweep)).await
}

/// A leaderboard and, where it is to be had, its spec: of a sweep named as above, or of a leaderboard.json alone.
///
/// # Errors
/// As of [`results_of`].
pub async fn leaderboard_of(sweep: &str, remote: &Remote) -> Result<(Leaderboard, Option<SweepSpec>), Failure> {
    let path = Path::new(sweep);
    if path.is_dir() {
        let board = read_leaderboard(&path.join("leaderboard.json"))?;
        let config = path.join("config.yaml");
        let spec = config.exists().then(|| read_spec(&config)).transpose()?;
        return Ok((board, spec));
    }
    if path.is_file() {
        return Ok((read_leaderboard(path)?, None));
    }
    let mut client = remote.connect_for(sweep).await?;
    let name = sweep_name(sweep);
    let board = client.leaderboard(&name).await?;
    let spec = super::gather::spec_of(&mut client, &name).await?;
    Ok((board, Some(spec)))
}

/// A leaderboard.json.
///
/// # Errors
/// A file that can't be read or is no leaderboard.
pub fn read_leaderboard(path: &Path) -> Result<Leaderboard, Failure> {
    let text = fs::read(path).map_err(|error| {
        let text = format!(
            "{} can't be read: {}; let `augur run` finish the sweep there",
            path.display(),
            os_text(&error)
        );
        Failure::new(Exit::NotFound, text)
    })?;
    let refused = |why: String| {
        let text = format!(
            "{} is no leaderboard that this version reads: {why}; `augur report` writes it anew",
            path.display()
        );
        Failure::new(Exit::BadData, text)
    };
    let board: Leaderboard = serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
    match board.schema {
        SCHEMA => Ok(board),
        other => Err(refused(format!("it is of schema {other}, not {SCHEMA}"))),
    }
}

fn read_spec(path: &Path) -> Result<SweepSpec, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        let text = format!(
            "{} can't be read: {}; it belongs to the results and says what they are of",
            path.display(),
            os_text(&error)
        );
        Failure::new(Exit::NotFound, text)
    })?;
    spec::parse(&text).map_err(|error| Failure::bad_config(path, &text, &error))
}

/// What a folder's leaderboard.json and config.yaml hold; the epochs of its trials stay in the store.
fn read_folder(folder: &Path) -> Result<ReportInput, Failure> {
    let leaderboard = read_leaderboard(&folder.join("leaderboard.json"))?;
    let spec = read_spec(&folder.join("config.yaml"))?;
    if spec.sha256() != leaderboard.sweep.spec_sha256 {
        let text = format!(
            "{}: config.yaml is not the config of leaderboard.json; put back the one that the sweep was run with",
            folder.display()
        );
        return Err(Failure::new(Exit::OtherSweep, text));
    }
    Ok(ReportInput {
        groups: planned(&spec, &leaderboard),
        spec,
        leaderboard,
        time: None,
        workers: vec![],
        command_line: gather::command_line(),
        generated_at: gather::now(),
        layout: super::Layout::default(),
    })
}

/// The trials of every group, without their course.
fn planned(spec: &SweepSpec, board: &Leaderboard) -> Vec<GroupCurves> {
    let plan = Plan::new(spec.clone());
    let groups = (0..plan.groups()).filter_map(|index| {
        let group = plan.group(index);
        let key = (&group.task, group.seed, &group.variant);
        let is_it = |result: &&TaskResult| (&result.task, result.seed, &result.variant) == key;
        let result = board.tasks.iter().find(is_it)?;
        let trials = plan.members(index).map(|trial| {
            let trial = plan.trial(trial);
            let id = trial.id().to_string();
            TrialCurve {
                selected: gather::is_selected(result, &id),
                excluded: gather::exclusion(result, &id),
                family: trial.method.name().to_owned(),
                initial: trial.method.initial(),
                reused_from: None,
                attempts: None,
                cause: None,
                measurements: vec![],
                trial: id,
            }
        });
        Some(GroupCurves {
            trials: trials.collect(),
            pictures: vec![],
            task: group.task,
            seed: group.seed,
            variant: group.variant,
        })
    });
    groups.collect()
}
