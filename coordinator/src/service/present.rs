//! Rows of the store as messages.

use crate::{
    engine::CoordinatorHandle,
    error::Result,
    store::{
        Conn,
        groups::{GroupRow, GroupState},
        log_lines::LogLine,
        measurements, outcomes, reuse,
        sweeps::{self, SweepRow, SweepState},
        transitions::TrialChange,
        trials::TrialRow,
        workers::{self, WorkerRow},
    },
};
use augur_core::{outcome::Outcome, plan::Plan, time::Timestamp};
use augur_proto::{to_timestamp, v1};

/// `sweeps/{sweep}`
pub(super) fn sweep_name(sweep: &SweepRow) -> String {
    format!("sweeps/{}", sweep.sweep)
}

/// A sweep with its counters of now, without its YAML.
pub(super) async fn sweep(handle: &CoordinatorHandle, conn: &mut Conn, row: &SweepRow) -> Result<v1::Sweep> {
    let plan = handle.plan(conn, row.key).await?;
    let progress = progress(handle, conn, row).await?;
    Ok(v1::Sweep {
        name: sweep_name(row),
        display_name: row.name.clone(),
        spec_sha256: row.spec_sha256.clone(),
        spec_yaml: String::new(),
        state: sweep_state(row.state).into(),
        create_time: Some(to_timestamp(row.created_at)),
        end_time: row.ended_at.map(to_timestamp),
        progress: Some(progress),
        criterion: plan.spec().selection.criterion.name().to_owned(),
        pause_reason: row.pause_reason.clone().unwrap_or_default(),
        priority: row.priority,
    })
}

/// A sweep with its YAML.
pub(super) async fn whole_sweep(handle: &CoordinatorHandle, conn: &mut Conn, row: &SweepRow) -> Result<v1::Sweep> {
    let spec_yaml = sweeps::yaml(conn, row.key).await?;
    Ok(v1::Sweep {
        spec_yaml,
        ..sweep(handle, conn, row).await?
    })
}

/// A sweep that is only planned.
pub(super) fn planned_sweep(plan: &Plan, yaml: String) -> v1::Sweep {
    let spec = plan.spec();
    v1::Sweep {
        name: format!("sweeps/{}", spec.id()),
        display_name: spec.name.clone(),
        spec_sha256: spec.sha256(),
        spec_yaml: yaml,
        progress: Some(v1::Progress {
            trials_total: plan.trials(),
            trials_pending: plan.trials(),
            groups_total: plan.groups(),
            epochs_per_trial: spec.training.epochs,
            ..v1::Progress::default()
        }),
        criterion: spec.selection.criterion.name().to_owned(),
        ..v1::Sweep::default()
    }
}

fn sweep_state(state: SweepState) -> v1::SweepState {
    match state {
        SweepState::Running => v1::SweepState::Running,
        SweepState::Paused => v1::SweepState::Paused,
        SweepState::Succeeded => v1::SweepState::Succeeded,
        SweepState::Failed => v1::SweepState::Failed,
        SweepState::Cancelled => v1::SweepState::Cancelled,
    }
}

/// The counters of a sweep.
pub(super) async fn progress(handle: &CoordinatorHandle, conn: &mut Conn, row: &SweepRow) -> Result<v1::Progress> {
    let plan = handle.plan(conn, row.key).await?;
    Ok(v1::Progress {
        trials_total: plan.trials(),
        trials_pending: row.trials_pending,
        trials_running: row.trials_leased,
        trials_completed: row.trials_completed,
        trials_failed: row.trials_failed,
        trials_cancelled: row.trials_cancelled,
        trials_stopped: row.trials_stopped,
        groups_total: row.groups_total,
        groups_done: row.groups_done,
        running_epochs: measurements::running_epochs(conn, row.key).await?,
        epochs_per_trial: plan.spec().training.epochs,
        trial_seconds: row.trial_seconds,
        trials_reused: row.trials_reused,
        workers_connected: workers::connected(conn, silence(handle)).await?,
        trouble: handle.trouble(),
    })
}

/// Whoever was not heard of since then is lost.
pub(super) fn silence(handle: &CoordinatorHandle) -> Timestamp {
    let lease = i64::try_from(handle.settings().lease.as_millis()).unwrap_or(i64::MAX);
    Timestamp(handle.now().0.saturating_sub(lease))
}

/// A group.
pub(super) fn group(plan: &Plan, row: &GroupRow) -> v1::Group {
    let group = plan.group(row.index);
    v1::Group {
        index: row.index,
        task: group.task,
        seed: group.seed,
        variant: group.variant,
        state: match row.state {
            GroupState::Searching => v1::GroupState::Searching,
            GroupState::Sealed => v1::GroupState::Sealed,
            GroupState::Done => v1::GroupState::Done,
        }
        .into(),
        trials_total: row.trials_total,
        trials_completed: row.trials_completed,
        trials_failed: row.trials_failed,
        trials_stopped: row.trials_stopped,
        best_val_loss: row.best.map(|(loss, _)| loss),
        best_trial: row
            .best
            .map(|(_, index)| plan.trial(index).id().to_string())
            .unwrap_or_default(),
    }
}

/// A trial, without its outcome and where that was reused from.
pub(super) fn trial(sweep: &SweepRow, plan: &Plan, row: &TrialRow) -> v1::Trial {
    changed_trial(sweep, plan, row.index, (&row.job).into(), row.job.updated_at)
}

/// Trials, each with its outcome where it has one.
pub(super) async fn trials(
    conn: &mut Conn,
    sweep: &SweepRow,
    plan: &Plan,
    rows: &[TrialRow],
) -> Result<Vec<v1::Trial>> {
    let indices: Vec<_> = rows.iter().map(|row| row.index).collect();
    let mut outcomes = outcomes::of(conn, sweep.key, &indices).await?;
    let mut origins = reuse::origins_of(conn, sweep.key, &indices).await?;
    let with_outcome = |row: &TrialRow| {
        let mut trial = trial(sweep, plan, row);
        if let Some(outcome) = outcomes.remove(&row.index) {
            complete(&mut trial, plan, outcome, origins.remove(&row.index));
        }
        trial
    };
    Ok(rows.iter().map(with_outcome).collect())
}

/// A trial after a change, without its outcome.
pub(super) fn changed_trial(
    sweep: &SweepRow,
    plan: &Plan,
    index: u32,
    change: TrialChange,
    at: Timestamp,
) -> v1::Trial {
    let spec = plan.trial(index);
    let group = plan.group(plan.group_of(index));
    v1::Trial {
        name: format!("{}/trials/{}", sweep_name(sweep), spec.id()),
        index,
        group: group.index,
        task: group.task,
        seed: group.seed,
        variant: group.variant,
        family: spec.method.name().to_owned(),
        initial: spec.method.initial(),
        state: trial_state(&change.state).into(),
        attempts: change.begun,
        worker: change
            .worker
            .map(|worker| format!("workers/{worker}"))
            .unwrap_or_default(),
        cause: change.cause.map(Into::into),
        outcome: None,
        update_time: Some(to_timestamp(at)),
        reused_from: String::new(),
        stopped_epoch: change.stopped_epoch,
        validation_loss: None,
    }
}

/// Adds what came of a trial that completed, and the sweep that computed it where that was another one.
pub(super) fn complete(trial: &mut v1::Trial, plan: &Plan, outcome: Outcome, reused_from: Option<String>) {
    trial.validation_loss = plan.spec().selection.criterion.loss_of(&outcome);
    trial.outcome = Some(outcome.into());
    trial.reused_from = reused_from.unwrap_or_default();
}

fn trial_state(tag: &str) -> v1::TrialState {
    match tag {
        "pending" => v1::TrialState::Pending,
        "leased" => v1::TrialState::Running,
        "completed" => v1::TrialState::Completed,
        "failed" => v1::TrialState::Failed,
        "cancelled" => v1::TrialState::Cancelled,
        "stopped" => v1::TrialState::Stopped,
        _ => v1::TrialState::Unspecified,
    }
}

/// A state as the store names it; none for "any".
pub(super) fn state_tag(state: v1::TrialState) -> Option<&'static str> {
    match state {
        v1::TrialState::Unspecified => None,
        v1::TrialState::Pending => Some("pending"),
        v1::TrialState::Running => Some("leased"),
        v1::TrialState::Completed => Some("completed"),
        v1::TrialState::Failed => Some("failed"),
        v1::TrialState::Cancelled => Some("cancelled"),
        v1::TrialState::Stopped => Some("stopped"),
    }
}

/// A worker.
pub(super) fn worker(handle: &CoordinatorHandle, row: WorkerRow) -> v1::Worker {
    let state = match (row.present, row.last_heartbeat > silence(handle)) {
        (false, _) => v1::WorkerState::Left,
        (true, true) if row.drains => v1::WorkerState::Draining,
        (true, true) => v1::WorkerState::Connected,
        (true, false) => v1::WorkerState::Lost,
    };
    v1::Worker {
        name: format!("workers/{}", row.worker),
        host: row.host,
        slots: row.slots,
        augur_version: row.augur_version,
        libtorch_version: row.libtorch_version,
        state: state.into(),
        last_heartbeat_time: Some(to_timestamp(row.last_heartbeat)),
        leases: row.leases,
        memory_bytes: row.memory.unwrap_or_default(),
    }
}

/// A line of a log.
pub(super) fn log_line(line: LogLine) -> v1::LogLine {
    v1::LogLine {
        sequence: line.sequence,
        time: Some(to_timestamp(Timestamp(line.at))),
        text: line.line,
    }
}
