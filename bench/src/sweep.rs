//! A whole sweep: by `augur run`, without and with early stopping, and the same trials one after another in PyTorch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::side::Side;

/// What is added to the config for the run with early stopping.
pub const EARLY_STOPPING: &str = "\nearly_stopping: {reduction: 3, audit: 0.1}\n";

type Hyperparameters = BTreeMap<String, f64>;

/// Where the programs are.
pub struct Programs {
    pub augur: PathBuf,
    /// The built train/examples/sweep.rs.
    pub plan: PathBuf,
    pub python: PathBuf,
    pub script: PathBuf,
}

/// A trial of the plan, as far as it is told apart.
#[derive(Debug, Clone, Deserialize)]
pub struct Planned {
    pub task: String,
    pub family: String,
    /// Where tuning begins.
    pub initial: Hyperparameters,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub task: String,
    pub family: String,
    pub initial: Hyperparameters,
    pub tuned: Hyperparameters,
    /// L_val over the training, their augmented and the validation images.
    pub mean_distance: Option<f64>,
    /// The criterion's loss; PyTorch's side has none.
    pub criterion_loss: Option<f64>,
    pub seconds: f64,
}

/// The selected trial of a (task, seed).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Selected {
    pub task: String,
    pub seed: u64,
    /// None where every trial was kept out.
    pub trial: Option<Trial>,
}

/// One way to run the sweep.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// Wall clock, from the start of the command to its end.
    pub seconds: f64,
    /// Trials of the plan by these seconds.
    pub trials_per_hour: f64,
    /// Of PyTorch's side all; of augur's those that were ranked.
    pub trials: Vec<Trial>,
    /// Empty of PyTorch's side.
    pub selected: Vec<Selected>,
}

impl Run {
    fn new(planned: usize, seconds: f64) -> Self {
        Self {
            seconds,
            trials_per_hour: planned as f64 * 3600.0 / seconds,
            trials: Vec::new(),
            selected: Vec::new(),
        }
    }
}

/// Writes the images and starts that PyTorch's side reads into `folder`; gives the trials.
pub fn plan(programs: &Programs, config: &Path, folder: &Path) -> Result<Vec<Planned>> {
    succeed(Command::new(&programs.plan).arg(config).arg(folder))?;
    read_json(&folder.join("plan.json"))
}

/// Runs the trials in `folder` one after another; `progress` hears of each that ended.
pub fn pytorch(
    programs: &Programs,
    folder: &Path,
    planned: &[Planned],
    mut progress: impl FnMut(usize, f64),
) -> Result<Run> {
    #[derive(Deserialize)]
    struct Answer {
        tuned: Hyperparameters,
        mean_distance: f64,
        seconds: f64,
    }
    let start = Instant::now();
    let mut side = Side::start(
        "PyTorch",
        Command::new(&programs.python).arg(&programs.script).arg(folder),
    )?;
    let mut trials = Vec::new();
    for (index, planned) in planned.iter().enumerate() {
        let answer: Answer = side.ask(&format!("trial {index}"))?;
        trials.push(Trial {
            task: planned.task.clone(),
            family: planned.family.clone(),
            initial: planned.initial.clone(),
            tuned: answer.tuned,
            mean_distance: Some(answer.mean_distance),
            criterion_loss: None,
            seconds: answer.seconds,
        });
        progress(index + 1, start.elapsed().as_secs_f64());
    }
    Ok(Run {
        trials,
        ..Run::new(planned.len(), start.elapsed().as_secs_f64())
    })
}

/// `augur run` of `config` in a new folder with a store of its own.
pub fn augur(programs: &Programs, config: &Path, workers: u32, planned: usize) -> Result<Run> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("run");
    let start = Instant::now();
    let mut command = Command::new(&programs.augur);
    command.arg("run").arg(config).arg("--out").arg(&out);
    command.arg("--workers").arg(workers.to_string()).arg("--no-reuse");
    // Its own lines say how far it is; standard output is the table's.
    succeed(command.stdout(Stdio::from(std::io::stderr())))?;
    let seconds = start.elapsed().as_secs_f64();
    let board: Leaderboard = read_json(&out.join("leaderboard.json"))?;
    let (trials, selected) = board.read();
    Ok(Run {
        trials,
        selected,
        ..Run::new(planned, seconds)
    })
}

/// What is read of leaderboard.json, schema 1.
#[derive(Debug, Deserialize)]
struct Leaderboard {
    tasks: Vec<TaskResult>,
}

#[derive(Debug, Deserialize)]
struct TaskResult {
    task: String,
    seed: u64,
    selected: Option<Candidate>,
    candidates: Vec<Candidate>,
}

#[derive(Debug, Deserialize)]
struct Candidate {
    family: String,
    initial: Hyperparameters,
    tuned: Hyperparameters,
    val_loss: Option<f64>,
    validation: Option<Validation>,
    seconds: f64,
}

#[derive(Debug, Deserialize)]
struct Validation {
    mean_distance: f64,
}

impl Leaderboard {
    fn read(self) -> (Vec<Trial>, Vec<Selected>) {
        let (mut trials, mut selected) = (Vec::new(), Vec::new());
        for result in self.tasks {
            let trial = |candidate: Candidate| Trial {
                task: result.task.clone(),
                family: candidate.family,
                initial: candidate.initial,
                tuned: candidate.tuned,
                mean_distance: candidate.validation.map(|validation| validation.mean_distance),
                criterion_loss: candidate.val_loss,
                seconds: candidate.seconds,
            };
            trials.extend(result.candidates.into_iter().map(trial));
            selected.push(Selected {
                trial: result.selected.map(trial),
                task: result.task.clone(),
                seed: result.seed,
            });
        }
        (trials, selected)
    }
}

/// How far the criterion's loss of the trial that a run selected is from that of a `reference`, as a share of the
/// latter. None where one of them has selected nothing.
pub fn apart(run: &Selected, reference: &Selected) -> Option<f64> {
    let loss = |selected: &Selected| selected.trial.as_ref()?.criterion_loss;
    let (loss, reference) = (loss(run)?, loss(reference)?);
    Some((loss - reference).abs() / reference.abs())
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_owned();
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("{} can't be started", program.display()))?;
    ensure!(status.success(), "{} failed: {status}", program.display());
    Ok(())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(losses: [f64; 2]) -> Vec<Selected> {
        let json = format!(
            r#"{{"schema": 1, "tasks": [{{"task": "t", "seed": 3, "selected": {0}, "candidates": [{0}, {1}]}},
                {{"task": "none", "seed": 3, "selected": null, "candidates": []}}]}}"#,
            candidate(losses[0]),
            candidate(losses[1]),
        );
        let board: Leaderboard = serde_json::from_str(&json).unwrap();
        let (trials, selected) = board.read();
        assert_eq!(trials.len(), 2);
        assert_eq!(selected[0].trial.as_ref(), Some(&trials[0]));
        selected
    }

    fn candidate(loss: f64) -> String {
        format!(
            r#"{{"family": "rotation", "initial": {{"angle_deg": 110}}, "tuned": {{"angle_deg": 149.5}}, 
                "val_loss": {loss}, "validation": {{"mean_distance": 1.05, "explained": 0.9}}, "seconds": 9.5}}"#
        )
    }

    #[test]
    fn losses_are_apart_as_a_share_of_the_reference() {
        let (run, reference) = (selected([-0.72, 0.0]), selected([-0.8, 0.0]));
        assert!((apart(&run[0], &reference[0]).unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(apart(&run[1], &reference[0]), None, "nothing was selected");
    }
}
