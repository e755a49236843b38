//! Data that does not do for a config, with the place in the config that asks for it.

use super::{Complaint, Exit, Failure};
use crate::config::Config;
use augur_core::spec::{self, AnomalySpec, ClassRef, SweepSpec, TaskSpec};
use augur_data::DataError;

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::new(exit(&error), error.to_string())
    }
}

impl Failure {
    /// What is wrong with the data of a config.
    pub fn bad_data(config: &Config, error: &DataError) -> Self {
        let paths = paths(&config.spec, error);
        let place = paths.iter().find_map(|path| spec::place(&config.text, path));
        let Some(place) = place else {
            return Self::new(exit(error), error.to_string());
        };
        let complaint = Complaint::at(&config.path, &config.text, Some(place), &error.to_string(), None, None);
        Self {
            exit: exit(error),
            faults: vec![complaint],
        }
    }
}

fn exit(error: &DataError) -> Exit {
    match error {
        DataError::Unwritable { .. } => Exit::CannotWrite,
        _ => Exit::BadData,
    }
}

/// The places that ask for what there is not, the best first. Files that are missing or damaged are no fault of the config.
fn paths(spec: &SweepSpec, error: &DataError) -> Vec<String> {
    let task = |name: &str| {
        let at = spec.tasks.iter().position(|task| task.name() == name);
        at.map(|at| format!("tasks[{at}]"))
    };
    match error {
        DataError::NoFolder { key, .. } => vec![format!("data.{key}.root")],
        DataError::NoRoot { .. } => vec!["data.folder.root".into()],
        DataError::Size { key, .. } => vec![format!("data.{key}.size_px")],
        DataError::NoClass { task: name, class, .. }
        | DataError::SameClass {
            task: name,
            anomaly: class,
            ..
        } => {
            let of = spec.tasks.iter().find(|task| task.name() == *name);
            let within = of.and_then(|task| class_of(task, class));
            let path = |task: String| format!("{task}{}", within.unwrap_or_default());
            task(name).map(path).into_iter().collect()
        }
        DataError::TooFewImages { task: name, .. } => ["split".to_owned()].into_iter().chain(task(name)).collect(),
        DataError::Anomaly { task: name, .. } => task(name).map(|task| task + ".anomaly").into_iter().collect(),
        DataError::NoSubFolder { task: name, .. } => task(name).map(|task| task + ".normal").into_iter().collect(),
        _ => vec![],
    }
}

/// Where a task names a class.
fn class_of(task: &TaskSpec, class: &str) -> Option<String> {
    let is_it = |other: &ClassRef| other.0 == class;
    match &task.anomaly {
        AnomalySpec::Class(other) if is_it(other) => Some(".anomaly.class".into()),
        AnomalySpec::Classes(others) => {
            let at = others.iter().position(is_it);
            at.map(|at| format!(".anomaly.classes[{at}]"))
        }
        _ => is_it(&task.normal).then(|| ".normal".into()),
    }
}
