//! Sweeps and their counts.

use super::{Trial, last_part, millis, state};
use augur_proto::v1;
use serde::Serialize;

#[derive(Serialize)]
pub(in crate::page) struct Coordinator {
    augur_version: String,
    api_version: String,
}

impl From<v1::Coordinator> for Coordinator {
    fn from(of: v1::Coordinator) -> Self {
        Self {
            augur_version: of.augur_version,
            api_version: of.api_version,
        }
    }
}

#[derive(Serialize)]
pub(in crate::page) struct Sweep {
    id: String,
    name: String,
    state: String,
    spec_sha256: String,
    criterion: String,
    pause_reason: String,
    priority: i32,
    created: Option<i64>,
    ended: Option<i64>,
    progress: Progress,
}

impl From<v1::Sweep> for Sweep {
    fn from(of: v1::Sweep) -> Self {
        Self {
            id: last_part(&of.name),
            state: state(of.state().as_str_name(), "SWEEP_STATE_"),
            name: of.display_name,
            spec_sha256: of.spec_sha256,
            criterion: of.criterion,
            pause_reason: of.pause_reason,
            priority: of.priority,
            created: millis(of.create_time),
            ended: millis(of.end_time),
            progress: of.progress.unwrap_or_default().into(),
        }
    }
}

/// A sweep with its spec, and the names that its lists can be filtered by.
#[derive(Serialize)]
pub(in crate::page) struct WholeSweep {
    #[serde(flatten)]
    sweep: Sweep,
    spec_yaml: String,
    names: Names,
}

/// What there is in a sweep's plan.
#[derive(Default, Serialize)]
struct Names {
    tasks: Vec<String>,
    variants: Vec<String>,
    families: Vec<String>,
    seeds: Vec<String>,
}

impl WholeSweep {
    pub fn new(mut of: v1::Sweep) -> Self {
        let spec_yaml = std::mem::take(&mut of.spec_yaml);
        Self {
            names: Names::of(&spec_yaml).unwrap_or_default(),
            spec_yaml,
            sweep: of.into(),
        }
    }
}

impl Names {
    /// Those of a spec; none where it is of another version of augur.
    fn of(yaml: &str) -> Option<Self> {
        let plan = augur_core::plan::Plan::new(augur_core::spec::parse(yaml).ok()?);
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Some(Self {
            tasks: plan.spec().tasks.iter().map(|task| task.name()).collect(),
            variants: owned(plan.variant_names()),
            families: owned(plan.family_names()),
            seeds: plan.spec().seeds.iter().map(ToString::to_string).collect(),
        })
    }
}

#[derive(Serialize)]
pub(in crate::page) struct Progress {
    trials_total: u32,
    trials_pending: u32,
    trials_running: u32,
    trials_completed: u32,
    trials_failed: u32,
    trials_cancelled: u32,
    trials_stopped: u32,
    trials_reused: u32,
    groups_total: u32,
    groups_done: u32,
    running_epochs: u32,
    epochs_per_trial: u32,
    trial_seconds: f64,
    workers_connected: u32,
    trouble: String,
}

impl From<v1::Progress> for Progress {
    fn from(of: v1::Progress) -> Self {
        Self {
            trials_total: of.trials_total,
            trials_pending: of.trials_pending,
            trials_running: of.trials_running,
            trials_completed: of.trials_completed,
            trials_failed: of.trials_failed,
            trials_cancelled: of.trials_cancelled,
            trials_stopped: of.trials_stopped,
            trials_reused: of.trials_reused,
            groups_total: of.groups_total,
            groups_done: of.groups_done,
            running_epochs: of.running_epochs,
            epochs_per_trial: of.epochs_per_trial,
            trial_seconds: of.trial_seconds,
            workers_connected: of.workers_connected,
            trouble: of.trouble,
        }
    }
}

#[derive(Serialize)]
pub(in crate::page) struct TaskProgress {
    task: String,
    trials_total: u32,
    trials_pending: u32,
    trials_running: u32,
    trials_completed: u32,
    trials_failed: u32,
    trials_cancelled: u32,
    trials_stopped: u32,
    groups_total: u32,
    groups_done: u32,
    best_trial: Option<Trial>,
}

impl From<v1::TaskProgress> for TaskProgress {
    fn from(of: v1::TaskProgress) -> Self {
        Self {
            task: of.task,
            trials_total: of.trials_total,
            trials_pending: of.trials_pending,
            trials_running: of.trials_running,
            trials_completed: of.trials_completed,
            trials_failed: of.trials_failed,
            trials_cancelled: of.trials_cancelled,
            trials_stopped: of.trials_stopped,
            groups_total: of.groups_total,
            groups_done: of.groups_done,
            best_trial: of.best_trial.map(Into::into),
        }
    }
}
