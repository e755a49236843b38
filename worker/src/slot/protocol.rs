//! What a worker and its slot's child say to each other: one JSON value a line.
//!
//! The worker writes a [`Request::Run`] to the child's stdin. The child answers on its stdout with any number of
//! [`Event::Measurement`] and then one [`Event::Done`], [`Event::Stopped`], [`Event::Left`] or [`Event::Failed`]; only then may
//! the next one come. In between, [`Request::Stop`] ends the trial with its epoch and [`Request::Leave`] with its step and a
//! checkpoint; after its end they change nothing. A child whose stdin ends exits; one that said [`Event::Failed`] is not used
//! again. A [`Request::Draw`] is answered with one [`Event::Drawn`] or [`Event::Failed`]. Numbers keep every bit (f64 in shortest form, read back exactly); only finite ones are sent.

use augur_core::{
    outcome::{Hyperparameters, Measurement, Outcome},
    picture::{MediaType, PictureKind},
    plan::TrialSpec,
    state::Cause,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::PathBuf;

/// What the worker asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Run a trial.
    Run(Run),
    /// End the last trial with its epoch, if it runs.
    Stop,
    /// End the last trial with its step, if it runs, and leave a checkpoint where they are kept.
    Leave,
    /// Make pictures.
    Draw(Draw),
}

/// Make small pictures of what this trial saw and made. It has ended; no label is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// The trial.
    pub spec: TrialSpec,
    /// The folder at which relative data folders start.
    pub base_dir: PathBuf,
    /// The sweep, as of [`Run::sweep`].
    pub sweep: String,
    /// The trial's hyperparameters at its end.
    pub tuned: Hyperparameters,
    /// Training images, each as it is and augmented.
    pub training: u32,
    /// Places of the validation images that score highest.
    pub highest: Vec<u32>,
    /// Places of those that score lowest.
    pub lowest: Vec<u32>,
}

/// Run this trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The trial; its threads are the child's for good.
    pub spec: TrialSpec,
    /// The folder at which relative data folders start.
    pub base_dir: PathBuf,
    /// The folder for the detector and its embeddings; none where they are not kept.
    #[serde(default)]
    pub artifacts: Option<PathBuf>,
    /// The sweep, whose trials of one task share the images that the child has in memory. Another sweep reads them again:
    /// the files may have changed in between.
    pub sweep: String,
    /// Where this trial completed before.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
    /// The epochs at whose end it is judged on its way.
    #[serde(default)]
    pub rungs: Vec<u32>,
    /// Where it goes on from and how often it is saved; none where that is not wanted.
    #[serde(default)]
    pub checkpoints: Option<Checkpointing>,
}

/// The checkpoints of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpointing {
    /// Their folder, which holds nothing else.
    pub folder: PathBuf,
    /// The least time between two, seconds; none where one is taken only when the trial leaves.
    pub seconds: Option<f64>,
}

/// An earlier completion of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// Its name, for the coordinator.
    pub trial: String,
    /// What it was computed from.
    pub fingerprint: String,
    /// The folder where it left its detector and its embeddings, if they were kept here.
    #[serde(default)]
    pub artifacts: Option<PathBuf>,
}

/// How a trial ended well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// What it was computed from.
    pub fingerprint: String,
    /// What came of it.
    pub result: Computed,
    /// The most memory that the child held meanwhile, bytes; none where the system doesn't say.
    #[serde(default)]
    pub peak_bytes: Option<u64>,
}

/// Where a result comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Computed {
    /// From this child.
    Now(Outcome),
    /// From an earlier completion with the same fingerprint.
    Before {
        /// Its name.
        trial: String,
        /// Its detector is wanted and was not found.
        detector_missing: bool,
    },
}

/// What the child has to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The trial goes on from a checkpoint.
    Resumed {
        /// Epochs finished.
        epoch: u32,
        /// Steps made.
        step: u64,
    },
    /// A line for the log of something that changes no result.
    Warning(String),
    /// An epoch has ended.
    Measurement(Measurement),
    /// The trial has ended well.
    Done(Done),
    /// The trial has ended after an epoch, as it was told to.
    Stopped {
        /// Epochs finished.
        epoch: u32,
    },
    /// The trial has ended after a step, as it was told to.
    Left(Place),
    /// The pictures are made, in the order in which they are shown.
    Drawn(Vec<Drawn>),
    /// The trial, or the pictures, came to nothing.
    Failed(Cause),
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// What it shows.
    pub kind: PictureKind,
    /// How it is encoded.
    pub media_type: MediaType,
    /// Its place among the training images, or among the validation images.
    pub image: u32,
    /// The file, in base64.
    pub data: String,
}

/// Where a trial was when it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Epochs finished.
    pub epoch: u32,
    /// Steps made.
    pub step: u64,
    /// A checkpoint has just this place.
    pub is_saved: bool,
}

/// A message as its line, line feed included.
///
/// # Errors
/// A value that JSON can't hold.
pub fn to_line<T: Serialize>(message: &T) -> serde_json::Result<String> {
    serde_json::to_string(message).map(|json| json + "\n")
}

/// A message from its line.
///
/// # Errors
/// A line that is no such message.
pub fn from_line<T: DeserializeOwned>(line: &str) -> serde_json::Result<T> {
    serde_json::from_str(line)
}
