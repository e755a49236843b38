//! What a worker and its slot's child say to each other: one JSON value a line.
//!
//! The worker writes a [`Run`] to the child's stdin. The child answers on its stdout with any number of
//! [`Event::Measurement`] and then one [`Event::Done`] or [`Event::Failed`]; only then may the next [`Run`] come. A child
//! whose stdin ends exits; one that said [`Event::Failed`] is not used again. Numbers keep every bit (f64 in shortest
//! form, read back exactly); only finite ones are sent.

use augur_core::{
    outcome::{Measurement, Outcome},
    plan::TrialSpec,
    state::Cause,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::PathBuf;

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
}

/// What the child has to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// An epoch has ended.
    Measurement(Measurement),
    /// The trial has ended well.
    Done(Outcome),
    /// The trial came to nothing.
    Failed(Cause),
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
