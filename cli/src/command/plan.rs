//! `augur plan`: what a config would run, without running it.

use super::{print, width};
use crate::{
    config::Config,
    failure::Failure,
    results::{finish, plain},
    text,
};
use augur_core::{
    plan,
    spec::{AnomalySpec, Planted, SweepSpec, TaskSpec},
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
    seeds: Vec<u64>,
    trials: u32,
    trials_per_task_and_seed: u32,
    epochs_per_trial: u32,
    threads_per_trial: u32,
    criterion: &'static str,
    data: Data,
}

#[derive(Serialize)]
struct Task {
    name: String,
    normal: String,
    anomalies: String,
}

#[derive(Serialize)]
struct Family {
    name: &'static str,
    starts: Vec<augur_core::outcome::Hyperparameters>,
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
        let data = data(augur_data::check(&config.spec, Path::new("")))?;
        let planned = planned(config.spec, data);
        match self.json {
            true => print(&(serde_json::to_string_pretty(&planned).unwrap_or_default() + "\n")),
            false => print(&show(&planned, width())),
        }
        Ok(())
    }
}

/// A plan needs no data: a missing folder is told, anything wrong with one that is there is an error.
fn data(checked: Result<DataSummary, DataError>) -> Result<Data, Failure> {
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
        Err(error) => Err(error.into()),
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
        families: spec
            .families
            .iter()
            .map(|family| Family {
                name: family.name(),
                starts: family.starts().to_vec(),
            })
            .collect(),
        seeds: spec.seeds.clone(),
        trials: plan.trials(),
        trials_per_task_and_seed: plan.candidates(),
        epochs_per_trial: spec.training.epochs,
        threads_per_trial: spec.resources.threads,
        criterion: spec.selection.criterion.name(),
        data,
    }
}

fn task(task: &TaskSpec) -> Task {
    Task {
        name: task.name(),
        normal: task.normal.to_string(),
        anomalies: match &task.anomaly {
            AnomalySpec::Class(class) => format!("class {class}"),
            AnomalySpec::Planted(Planted::RotateDeg(angle)) => format!("{} turned by {angle} degrees", task.normal),
            AnomalySpec::Unlabelled => "unlabelled".into(),
        },
    }
}

fn show(planned: &Planned, width: u16) -> String {
    let Planned {
        sweep,
        tasks,
        families,
        seeds,
        trials,
        ..
    } = planned;
    let mut tasks_table = plain(width);
    tasks_table.set_header(["task", "normal", "anomalies"]);
    for task in tasks {
        tasks_table.add_row([&task.name, &task.normal, &task.anomalies]);
    }
    let mut starts_table = plain(width);
    starts_table.set_header(["family", "start"]);
    for family in families {
        for (i, start) in family.starts.iter().enumerate() {
            let name = if i == 0 { family.name } else { "" };
            starts_table.add_row([name, &text::hyperparameters(start)]);
        }
    }
    let seeds_list: Vec<_> = seeds.iter().map(u64::to_string).collect();
    let count = |n: usize, what: &str| text::count(u32::try_from(n).unwrap_or(u32::MAX), what);
    let data = match planned.data.found {
        true => planned.data.note.clone(),
        false => format!("not here: {}", planned.data.note),
    };
    format!(
        "sweep {sweep} ({})\n\n{}\n{}\nseeds      {}\ntrials     {trials} = {} x {} x {}\ntraining   {} a trial, {}\n\
         selection  {}\ndata       {data}\n",
        planned.id,
        finish(tasks_table),
        finish(starts_table),
        seeds_list.join(", "),
        count(tasks.len(), "task"),
        count(seeds.len(), "seed"),
        text::count(planned.trials_per_task_and_seed, "start"),
        text::count(planned.epochs_per_trial, "epoch"),
        text::count(planned.threads_per_trial, "thread"),
        planned.criterion,
    )
}
