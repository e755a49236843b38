//! `launch.json`: which scheduler was given which jobs.

use super::{files::LaunchFolder, keys, kubernetes::Place};
use crate::{
    failure::{Exit, Failure, os_text},
    folder,
};
use augur_channel::Credentials;
use serde::{Deserialize, Serialize};
use std::{fs, io::ErrorKind, path::PathBuf};

/// What a launch has given to its scheduler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Of this file: 1.
    pub schema: u32,
    /// The sweep's name.
    pub sweep: String,
    /// Who runs the jobs.
    pub scheduler: Scheduler,
    /// The coordinator's URL, where it was there before the launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinator: Option<String>,
    /// How people reach that one, where it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// The jobs, oldest first.
    pub jobs: Vec<Job>,
}

/// The files of [`Credentials`], by their whole paths. A token that only AUGUR_TOKEN holds is written nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cert: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<PathBuf>,
}

impl From<&Credentials> for Person {
    fn from(credentials: &Credentials) -> Self {
        let Credentials {
            token_file,
            ca,
            cert,
            key,
        } = credentials.absolute();
        Self {
            token_file,
            ca,
            cert,
            key,
        }
    }
}

impl From<&Person> for Credentials {
    fn from(person: &Person) -> Self {
        let Person {
            token_file,
            ca,
            cert,
            key,
        } = person.clone();
        Self {
            token_file,
            ca,
            cert,
            key,
        }
    }
}

/// Who runs the jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Scheduler {
    /// Slurm.
    Slurm,
    /// Kubernetes.
    Kubernetes(Place),
}

/// One thing that a scheduler was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// What the scheduler calls it.
    pub id: String,
    /// What it is for.
    pub role: Role,
    /// How many processes it has at most.
    pub count: u32,
}

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Keeps the sweep.
    Coordinator,
    /// Run its trials.
    Workers,
}

impl State {
    /// The state of a launch, if the folder is one.
    ///
    /// # Errors
    /// A file that can't be read or understood.
    pub fn find(folder: &LaunchFolder) -> Result<Option<Self>, Failure> {
        let path = folder.state();
        let unreadable = |what: String| Failure::new(Exit::BadData, format!("can't read {}: {what}", path.display()));
        match fs::read_to_string(&path) {
            Ok(text) => {
                let state = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
                Ok(Some(state))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(os_text(&error))),
        }
    }

    /// The state of a folder that has to be a launch's.
    ///
    /// # Errors
    /// Another folder.
    pub fn read(folder: &LaunchFolder) -> Result<Self, Failure> {
        Self::find(folder)?.ok_or_else(|| {
            let text = format!(
                "{} is no folder of a launch; name the one that was given as --out",
                folder.path.display()
            );
            Failure::new(Exit::BadData, text)
        })
    }

    /// Writes it whole.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn write(&self, folder: &LaunchFolder) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::new(Exit::Unexpected, format!("launch.json can't be made: {error}")))?;
        folder::replace(&folder.state(), (text + "\n").as_bytes())
    }

    /// How people reach the coordinator of this launch.
    pub fn person(&self, folder: &LaunchFolder) -> Credentials {
        match &self.coordinator {
            None => keys::of(folder).person,
            Some(_) => self.person.as_ref().map(Credentials::from).unwrap_or_default(),
        }
    }

    /// The identifiers of the jobs of a role.
    pub fn ids(&self, role: Role) -> Vec<String> {
        let jobs = self.jobs.iter().filter(|job| job.role == role);
        jobs.map(|job| job.id.clone()).collect()
    }
}
