//! `augur-worker score`: anomaly scores of image files.

use super::{BAD_INPUT, Normal, Score, Table, fail, write};
use augur_data::{DataError, image_files, load_image};
use augur_train::model::{Model, ModelError, threshold};
use serde::Serialize;
use std::{
    io::{self, IsTerminal},
    path::Path,
    process::ExitCode,
};

/// What is said of all images together.
#[derive(Serialize)]
pub(super) struct Report {
    /// The trial that made the detector.
    pub model: String,
    /// Its task.
    pub task: String,
    /// A score above it raises an alarm.
    pub threshold: f64,
    /// The share of normal images that may raise one.
    pub false_alarm_rate: f64,
    /// Whose scores the threshold goes by: `train` or `held_out`.
    pub normal: &'static str,
    /// The share of held-out normal images above the threshold.
    pub held_out_alarms: f64,
    /// The images in the order of the command line.
    pub images: Vec<Scored>,
}

/// One image.
#[derive(Serialize)]
pub(super) struct Scored {
    pub path: String,
    pub score: f64,
    /// Whether the score lies above the threshold.
    pub anomalous: bool,
}

/// Scores, prints, and says which images couldn't be read.
pub fn main(options: &Score) -> ExitCode {
    let (model, files) = match (Model::open(&options.model), image_files(&options.images)) {
        (Ok(model), Ok(files)) => (model, files),
        (Err(error), _) => return fail(&error),
        (_, Err(error)) => return fail(&error),
    };
    let mut report = report(&model, options);
    let mut unreadable = 0;
    for (done, path) in files.iter().enumerate() {
        progress(done, files.len());
        match score(&model, path) {
            Ok(score) => report.images.push(Scored {
                path: path.to_string_lossy().into_owned(),
                score,
                anomalous: score > report.threshold,
            }),
            Err(error) => {
                unreadable += 1;
                fail(&error);
            }
        }
    }
    progress(files.len(), files.len());
    let written = match options.format {
        Table::Csv => write::csv(&report, io::stdout().lock()),
        Table::Json => write::json(&report, io::stdout().lock()),
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => fail(&error),
        _ if unreadable > 0 => {
            eprintln!("error: {unreadable} of {} images have no score", files.len());
            ExitCode::from(BAD_INPUT)
        }
        _ => ExitCode::SUCCESS,
    }
}

/// The report before its first image.
fn report(model: &Model, options: &Score) -> Report {
    let normal = model.normal();
    let (scores, name) = match options.normal {
        Normal::Train => (&normal.train, "train"),
        Normal::HeldOut => (&normal.held_out, "held_out"),
    };
    let threshold = threshold(scores, options.false_alarm_rate);
    let alarms = normal.held_out.iter().filter(|score| **score > threshold).count();
    Report {
        model: model.card.trial.clone(),
        task: model.card.spec.task.name(),
        threshold,
        false_alarm_rate: options.false_alarm_rate,
        normal: name,
        held_out_alarms: alarms as f64 / normal.held_out.len().max(1) as f64,
        images: Vec::new(),
    }
}

/// Why an image has no score.
#[derive(Debug, thiserror::Error)]
enum NoScore {
    #[error(transparent)]
    Image(DataError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

fn score(model: &Model, path: &Path) -> Result<f64, NoScore> {
    let shape = model.card.images;
    let image = load_image(path, shape.height as usize, shape.channels == 3).map_err(|fault| {
        NoScore::Image(DataError::Image {
            path: path.to_owned(),
            fault,
        })
    })?;
    Ok(model.score(&image)?.remove(0))
}

/// How far it has got, on a terminal where the scores go elsewhere.
fn progress(done: usize, of: usize) {
    if io::stderr().is_terminal() && !io::stdout().is_terminal() {
        let end = if done == of { "\n" } else { "" };
        eprint!("\rscored {done} of {of} images{end}");
    }
}
