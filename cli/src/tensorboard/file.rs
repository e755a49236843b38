//! The event file of a trial: written anew for a new attempt, else appended to, which is what a TensorBoard that is open reads.

use super::{event::Event, trial};
use crate::{failure::Failure, folder::replace, results::id, text};
use augur_core::leaderboard::Candidate;
use augur_proto::v1::{Trial, TrialMeasurements, TrialState};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

/// TensorBoard reads every file with "tfevents" in its name.
const FILE: &str = "events.out.tfevents.augur";

/// Digits of a trial's identifier that tell it from the others of its group.
const DIGITS: usize = 8;

/// A file and what is in it.
pub struct TrialFile {
    path: PathBuf,
    attempt: u32,
    /// When the attempt began, in seconds since 1970.
    began: f64,
    epochs: usize,
    ended: bool,
}

impl TrialFile {
    /// The folder of a trial's run: `TASK/seed-N/VARIANT/INDEX-FAMILY-ID`.
    fn folder(root: &Path, trial: &Trial) -> PathBuf {
        let id = id(&trial.name);
        let id = id.get(..DIGITS).unwrap_or(id);
        root.join(text::file_name(&trial.task))
            .join(format!("seed-{}", trial.seed))
            .join(text::file_name(&trial.variant))
            .join(format!("{:05}-{}-{id}", trial.index, text::file_name(&trial.family)))
    }

    /// Writes all that is known of a trial.
    pub fn create(root: &Path, trial: &Trial, measured: &TrialMeasurements) -> Result<Self, Failure> {
        let folder = Self::folder(root, trial);
        fs::create_dir_all(&folder).map_err(|error| Failure::cannot_write(&folder, &error))?;
        let mut file = Self {
            path: folder.join(FILE),
            attempt: measured.attempt,
            began: began(trial),
            epochs: 0,
            ended: false,
        };
        let mut events = trial::beginning(trial, file.began);
        events.extend(file.news(trial, measured));
        replace(&file.path, &records(&events))?;
        Ok(file)
    }

    /// Whether it holds the beginning of what is known, and so can be appended to.
    pub fn is_of(&self, measured: &TrialMeasurements) -> bool {
        self.attempt == measured.attempt && self.epochs <= measured.measurements.len()
    }

    /// Appends what is new.
    pub fn append(&mut self, trial: &Trial, measured: &TrialMeasurements) -> Result<(), Failure> {
        let news = self.news(trial, measured);
        self.add(&news)
    }

    /// Appends how the trial did in the choice of its group.
    pub fn choice(&self, candidate: &Candidate, rank: u32) -> Result<(), Failure> {
        let epochs = u32::try_from(self.epochs).unwrap_or(u32::MAX);
        let at = self.began + candidate.seconds;
        self.add(&[trial::choice(candidate, rank, epochs, at)])
    }

    /// The epochs that the file lacks, and the end.
    fn news(&mut self, trial: &Trial, measured: &TrialMeasurements) -> Vec<Event> {
        let epochs = measured.measurements.iter().skip(self.epochs);
        let mut events: Vec<_> = epochs.map(|epoch| trial::epoch(epoch, self.began)).collect();
        self.epochs += events.len();
        if is_over(trial) && !self.ended {
            self.ended = true;
            let seconds = measured.measurements.last().map_or(0.0, |epoch| epoch.seconds);
            events.push(trial::end(trial, self.began + seconds));
        }
        events
    }

    fn add(&self, events: &[Event]) -> Result<(), Failure> {
        if events.is_empty() {
            return Ok(());
        }
        let file = OpenOptions::new().append(true).open(&self.path);
        file.and_then(|mut file| file.write_all(&records(events)))
            .map_err(|error| Failure::cannot_write(&self.path, &error))
    }
}

fn is_over(trial: &Trial) -> bool {
    match trial.state() {
        TrialState::Completed | TrialState::Failed | TrialState::Cancelled | TrialState::Stopped => true,
        TrialState::Pending | TrialState::Running | TrialState::Unspecified => false,
    }
}

/// A trial that runs changed last when it was leased, one that is over when it ended.
fn began(trial: &Trial) -> f64 {
    let changed = trial.update_time.as_ref();
    let changed = changed.map_or(0.0, |at| at.seconds as f64 + f64::from(at.nanos) / 1e9);
    changed - trial.outcome.as_ref().map_or(0.0, |outcome| outcome.seconds)
}

fn records(events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::new();
    events.iter().for_each(|event| event.write(&mut bytes));
    bytes
}
