//! The command lines of `score` and `export`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Scores images with a saved detector; higher is more anomalous
#[derive(Clone, Debug, Args)]
pub struct Score {
    /// The detector's folder, with model.json and model.safetensors
    pub model: PathBuf,
    /// Images, or folders of images
    #[arg(required = true)]
    pub images: Vec<PathBuf>,
    /// How to write the scores
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: Table,
    /// Share of normal images that may raise an alarm, 0 to 1: sets the threshold
    #[arg(long, value_name = "RATE", default_value = "0.05", value_parser = rate)]
    pub false_alarm_rate: f64,
    /// Whose scores the threshold goes by
    #[arg(long, value_name = "IMAGES", default_value = "train")]
    pub normal: Normal,
}

/// Writes a saved detector as a TorchScript module
#[derive(Clone, Debug, Args)]
pub struct Export {
    /// The detector's folder, with model.json and model.safetensors
    pub model: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Table {
    /// One line an image: path, score, threshold, anomalous
    Csv,
    /// One object
    Json,
}

/// Normal images whose scores are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Normal {
    /// Those that the detector was trained on
    Train,
    /// Those that were kept out of training; fewer, but like new ones
    HeldOut,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    (0.0..=1.0)
        .contains(&rate)
        .then_some(rate)
        .ok_or_else(|| "a share lies between 0 and 1".to_owned())
}
