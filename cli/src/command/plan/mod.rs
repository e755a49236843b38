//! `augur plan`: what a config would run, without running it.

mod show;

use super::{print, width};
use crate::{config::Config, failure::Failure};
use augur_core::{
    cost,
    halving::{Rules, expected_share},
    plan,
    spec::{AnomalySpec, ClassRef, FamilySpec, Form, METHOD, Starts, SweepSpec, TaskSpec, VariantSpec},
};
use augur_data::{DataError, DataSummary};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Shows what a config would run, and whether its data is here
#[derive(Args)]
pub struct Plan {
    /// The sweep's config, a YAML file
    config: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What would run; the JSON of `augur plan --json`.
#[derive(Serialize)]
struct Planned {
    sweep: String,
    id: String,
    spec_sha256: String,
    tasks: Vec<Task>,
    families: Vec<Family>,
    /// The method and what is held against it; empty where there is only the method.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Variant>,
    seeds: Vec<u64>,
    trials: u32,
    trials_per_task_and_seed: u32,
    epochs_per_trial: u32,
    threads_per_trial: u32,
    criterion: &'static str,
    /// When trials are compared on their way; none where they never are.
    #[serde(skip_serializing_if = "Option::is_none")]
    early_stopping: Option<EarlyStopping>,
    /// How well slots are used, by the relative costs of the trials.
    schedule: Vec<Schedule>,
    data: Data,
}

/// What early stopping would do.
#[derive(Serialize)]
struct EarlyStopping {
    /// Epochs at whose end trials are compared.
    rungs: Vec<u32>,
    /// One in so many goes on.
    reduction: u32,
    /// The expected share of the epochs of all trials, in (0, 1]: if values said nothing about the order of trials.
    expected_share: f64,
}

/// When the last trial ends.
#[derive(Serialize)]
struct Schedule {
    slots: u32,
    /// In units of all trials' work shared out evenly among the slots: 1 is as good as can be.
    makespan: f64,
}

/// The numbers of slots for which a plan says how well they are used.
const SLOTS: [u32; 3] = [2, 4, 8];

#[derive(Serialize)]
struct Task {
    name: String,
    normal: String,
    anomalies: String,
}

#[derive(Serialize)]
struct Family {
    name: &'static str,
    form: Form,
    /// A list of points, or the scheme that makes them.
    starts: Starts,
    #[serde(skip)]
    spec: FamilySpec,
}

/// One variant; its settings in the spec's own words.
#[derive(Serialize)]
struct Variant {
    /// Trials for each task and seed.
    trials_per_task_and_seed: u32,
    #[serde(flatten)]
    spec: VariantSpec,
}

#[derive(Serialize)]
struct Data {
    found: bool,
    /// The folder, or why there is none.
    note: String,
}

impl Plan {
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::read(&self.config)?;
        let data = data(&config, augur_data::check(&config.spec, Path::new("")))?;
        let planned = planned(config.spec, data);
        match self.json {
            true => print(&(serde_json::to_string_pretty(&planned).unwrap_or_default() + "\n")),
            false => print(&show::text(&planned, width())),
        }
        Ok(())
    }
}

/// A plan needs no data: a missing folder is told, anything wrong with one that is there is an error.
fn data(config: &Config, checked: Result<DataSummary, DataError>) -> Result<Data, Failure> {
    match checked {
        Ok(summary) => Ok(Data {
            found: true,
            note: format!(
                "{} images in {}",
                summary.data_set.images,
                summary.data_set.root.display()
            ),
        }),
        Err(missing @ (DataError::NoFolder { .. } | DataError::NoRoot { .. })) => Ok(Data {
            found: false,
            note: missing.to_string(),
        }),
        Err(error) => Err(Failure::bad_data(config, &error)),
    }
}

fn planned(spec: SweepSpec, data: Data) -> Planned {
    let plan = plan::Plan::new(spec);
    let spec = plan.spec();
    Planned {
        sweep: spec.name.clone(),
        id: spec.id().to_string(),
        spec_sha256: spec.sha256(),
        tasks: spec.tasks.iter().map(task).collect(),
        families: spec.families.iter().map(family).collect(),
        variants: variants(&plan),
        seeds: spec.seeds.clone(),
        trials: plan.trials(),
        trials_per_task_and_seed: plan.candidates().iter().sum(),
        epochs_per_trial: spec.training.epochs,
        threads_per_trial: spec.resources.threads,
        criterion: spec.selection.criterion.name(),
        early_stopping: early_stopping(&plan),
        schedule: schedule(&plan),
        data,
    }
}

fn schedule(plan: &plan::Plan) -> Vec<Schedule> {
    let costs = cost::ordered_costs(plan);
    let work: f64 = costs.iter().sum();
    let on = |slots| Schedule {
        slots,
        makespan: cost::makespan(&costs, slots) * f64::from(slots) / work,
    };
    SLOTS.into_iter().map(on).collect()
}

fn early_stopping(plan: &plan::Plan) -> Option<EarlyStopping> {
    let spec = plan.spec();
    let stopping = spec.early_stopping.as_ref()?;
    // Every (task, seed) is alike.
    let groups = 0..u32::try_from(plan.candidates().len()).unwrap_or(u32::MAX);
    let share = groups.zip(plan.candidates()).map(|(group, trials)| {
        let share = Rules::of(plan, group).map_or(1.0, |rules| expected_share(trials, &rules, spec.training.epochs));
        share * f64::from(trials)
    });
    let trials: u32 = plan.candidates().iter().sum();
    Some(EarlyStopping {
        rungs: stopping.rungs(&spec.training, &spec.tuning),
        reduction: stopping.reduction,
        expected_share: share.sum::<f64>() / f64::from(trials),
    })
}

fn family(spec: &FamilySpec) -> Family {
    Family {
        name: spec.name(),
        form: spec.form(),
        starts: spec.starts().clone(),
        spec: spec.clone(),
    }
}

/// The method and its variants, each with its number of candidates.
fn variants(plan: &plan::Plan) -> Vec<Variant> {
    let given = &plan.spec().variants;
    if given.is_empty() {
        return Vec::new();
    }
    let method = VariantSpec {
        name: METHOD.to_owned(),
        baseline: None,
        families: None,
        hypergradient: None,
        validation_loss: None,
        score: None,
        detector: None,
    };
    let specs = std::iter::once(method).chain(given.iter().cloned());
    let variant = |(spec, trials_per_task_and_seed)| Variant {
        trials_per_task_and_seed,
        spec,
    };
    specs.zip(plan.candidates()).map(variant).collect()
}

fn task(task: &TaskSpec) -> Task {
    Task {
        name: task.name(),
        normal: task.normal.to_string(),
        anomalies: match &task.anomaly {
            AnomalySpec::Class(class) => format!("class {class}"),
            AnomalySpec::Classes(classes) => {
                let names: Vec<_> = classes.iter().map(ClassRef::to_string).collect();
                format!("classes {}", names.join(", "))
            }
            AnomalySpec::Any => "every other class".into(),
            AnomalySpec::Planted(planted) => format!("{} {planted}", task.normal),
            AnomalySpec::Unlabelled => "unlabelled".into(),
        },
    }
}
