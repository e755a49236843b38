//! What a training loop does about checkpoints: it looks for one at its start and pauses after each step.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use augur_core::outcome::Measurement;
use augur_core::plan::TrialSpec;
use tch::Tensor;

use super::error::{CheckpointError, Flaw};
use super::file::{Header, Saved, from_bytes, to_bytes};
use super::{Checkpoints, Left, Note, folder};
use crate::trial::Control;

/// Checkpoints that are kept: one may turn out to be damaged.
const KEPT: usize = 2;

/// A trial's checkpoints, its measurements so far, and how long it has run.
pub(crate) struct Keeper<'a> {
    /// None where nothing is to be kept.
    checkpoints: Option<Checkpoints<'a>>,
    /// Of the next checkpoint, but for its place.
    header: Header,
    /// What may be resumed from and has not been tried, the newest last.
    untried: Vec<PathBuf>,
    /// Those of this trial that are known to be good, oldest first.
    good: Vec<PathBuf>,
    begun: Instant,
    /// When the last one was taken, by the checkpoints' clock.
    taken_at: Duration,
    report: &'a mut dyn FnMut(Measurement) -> Control,
}

/// Where a trial is after a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Steps made.
    pub step: u64,
    /// Epochs before this part of the training.
    pub after: u32,
}

impl<'a> Keeper<'a> {
    /// For the trial `spec`, judged at the end of the epochs `rungs`, whose measurements `report` gets.
    pub fn new(
        checkpoints: Option<Checkpoints<'a>>,
        spec: &TrialSpec,
        rungs: &[u32],
        report: &'a mut dyn FnMut(Measurement) -> Control,
    ) -> Self {
        let fingerprint = checkpoints.map_or("", |checkpoints| checkpoints.fingerprint);
        let mut keeper = Self {
            checkpoints,
            header: Header::new(spec.id().to_string(), fingerprint.to_owned(), rungs.to_vec()),
            untried: Vec::new(),
            good: Vec::new(),
            begun: Instant::now(),
            taken_at: checkpoints.map_or(Duration::ZERO, |checkpoints| (checkpoints.clock)()),
            report,
        };
        keeper.look();
        keeper
    }

    fn look(&mut self) {
        let Some(checkpoints) = self.checkpoints else { return };
        match folder::newest_first(checkpoints.folder) {
            Ok(found) => self.untried = found.into_iter().rev().collect(),
            Err(source) => (checkpoints.note)(Note::Skipped(CheckpointError::File {
                path: checkpoints.folder.to_owned(),
                done: "read",
                source,
            })),
        }
    }

    /// The newest checkpoint that this trial may go on from and that has not been given yet.
    pub fn next_saved(&mut self) -> Option<Saved> {
        let note = self.checkpoints?.note;
        while let Some(path) = self.untried.pop() {
            match read(&path, &self.header) {
                Ok(saved) => {
                    self.good = vec![path];
                    return Some(saved);
                }
                Err(error) => note(Note::Skipped(error)),
            }
        }
        None
    }

    /// Takes back what [`Keeper::next_saved`] gave.
    pub fn reject(&mut self, flaw: Flaw) {
        if let (Some(checkpoints), Some(path)) = (self.checkpoints, self.good.pop()) {
            (checkpoints.note)(Note::Skipped(CheckpointError::Unusable { path, flaw }));
        }
    }

    /// The trial goes on from `saved`: what it measured before is reported again, since this attempt's receiver may not have
    /// heard of it.
    pub fn resume(&mut self, saved: Saved) -> Control {
        self.header = saved.header;
        let (epoch, step) = (self.header.epoch, self.header.step);
        if let Some(checkpoints) = self.checkpoints {
            (checkpoints.note)(Note::Resumed { epoch, step });
        }
        for measurement in &self.header.measurements {
            if (self.report)(measurement.clone()) == Control::Stop {
                return Control::Stop;
            }
        }
        Control::Continue
    }

    /// Epochs finished.
    pub fn epoch(&self) -> u32 {
        self.header.epoch
    }

    /// The mean training loss of the last epoch finished; NaN before the first.
    pub fn training_loss(&self) -> f64 {
        self.header
            .measurements
            .last()
            .map_or(f64::NAN, |last| last.training_loss)
    }

    /// Seconds that the trial has run, what came before a checkpoint included.
    pub fn seconds(&self) -> f64 {
        self.header.seconds + self.begun.elapsed().as_secs_f64()
    }

    /// An epoch is finished: hands on its measurement.
    pub fn measured(&mut self, measurement: Measurement) -> Control {
        self.header.epoch = measurement.epoch;
        self.header.measurements.push(measurement.clone());
        (self.report)(measurement)
    }

    /// Between two steps: takes a checkpoint of `tensors` where one is due, and says whether the trial is to leave.
    pub fn pause(&mut self, place: Place, tensors: impl FnOnce() -> Vec<(String, Tensor)>) -> Option<Left> {
        let checkpoints = self.checkpoints?;
        let leaves = (checkpoints.leave)();
        let now = (checkpoints.clock)();
        let is_due = checkpoints
            .every
            .is_some_and(|every| now.saturating_sub(self.taken_at) >= every);
        if !leaves && !is_due {
            return None;
        }
        // Before it is tried: on a full disk, not at every step.
        self.taken_at = now;
        let saved = self.save(checkpoints, place, &tensors());
        let is_saved = saved.is_ok();
        if let Err(error) = saved {
            (checkpoints.note)(Note::NotWritten(error));
        }
        leaves.then_some(Left {
            epoch: self.header.epoch,
            step: place.step,
            is_saved,
        })
    }

    fn save(
        &mut self,
        checkpoints: Checkpoints,
        place: Place,
        tensors: &[(String, Tensor)],
    ) -> Result<(), CheckpointError> {
        let path = folder::path(checkpoints.folder, place.step);
        let header = Header {
            step: place.step,
            after: place.after,
            seconds: self.seconds(),
            ..self.header.clone()
        };
        let bytes = to_bytes(&header, tensors).map_err(|flaw| CheckpointError::Unusable {
            path: path.clone(),
            flaw,
        })?;
        folder::write(&path, &bytes).map_err(|source| CheckpointError::File {
            path: path.clone(),
            done: "written",
            source,
        })?;
        self.good.retain(|good| *good != path);
        self.good.push(path);
        let surplus = self.good.len().saturating_sub(KEPT);
        self.good.drain(..surplus);
        folder::keep_only(checkpoints.folder, &self.good);
        Ok(())
    }
}

fn read(path: &Path, own: &Header) -> Result<Saved, CheckpointError> {
    let bytes = std::fs::read(path).map_err(|source| CheckpointError::File {
        path: path.to_owned(),
        done: "read",
        source,
    })?;
    let unusable = |flaw| CheckpointError::Unusable {
        path: path.to_owned(),
        flaw,
    };
    let saved = from_bytes(&bytes).map_err(unusable)?;
    saved.header.check(own).map_err(unusable)?;
    Ok(saved)
}
