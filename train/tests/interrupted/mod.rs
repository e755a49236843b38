//! A trial on made-up images that leaves when its test wants it to, and goes on.

use std::cell::{Cell, RefCell};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use augur_core::outcome::{Measurement, Outcome};
use augur_core::plan::{Method, Plan, TrialSpec};
use augur_core::selectors::Embeddings;
use augur_core::spec;
use augur_data::{Images, TaskImages};
use augur_train::checkpoint::{Checkpoints, Left};
use augur_train::trial::{Control, Ended, Remains, run_judged, run_resumable};
use tempfile::TempDir;

const SIDE: usize = 12;

/// A bright bar whose place varies with `index`, along the columns where `turned`.
fn image(index: usize, turned: bool) -> Vec<f32> {
    let noise = |k: usize| ((((index * 7919 + k) * 2_654_435_761) >> 9) % 1000) as f32 / 1000.0;
    let (top, left) = (2 + (noise(0) * 5.0) as usize, 1 + (noise(1) * 3.0) as usize);
    let pixel = |i: usize| {
        let (row, column) = (i / SIDE, i % SIDE);
        let (along, across) = if turned { (row, column) } else { (column, row) };
        let bar = (top..top + 2).contains(&across) && (left..left + 7).contains(&along);
        0.1 * noise(2 + i) + if bar { 0.8 } else { 0.1 }
    };
    (0..SIDE * SIDE).map(pixel).collect()
}

fn images(range: std::ops::Range<usize>, turned: impl Fn(usize) -> bool) -> Images {
    Images {
        count: range.len(),
        data: range.flat_map(|i| image(i, turned(i))).collect(),
        channels: 1,
        height: SIDE,
        width: SIDE,
    }
}

/// Four batches of 16 images, the last of them shorter.
fn task() -> TaskImages {
    TaskImages {
        train: images(0..58, |_| false),
        held_out: images(100..112, |_| false),
        validation: images(200..230, |i| i % 3 == 0),
        test: images(300..306, |i| i % 2 == 0),
    }
}

fn plan(detector: &str, training: &str, variants: &str) -> Plan {
    let yaml = format!(
        "version: 1
name: test
data: {{fashion_mnist: {{size_px: 12}}}}
tasks: [{{normal: 0, anomaly: {{class: 1}}}}]
families: [{{rotation: {{starts: [{{angle_deg: 60}}]}}}}]
seeds: [0]
detector: {detector}
training: {{{training}}}
tuning: {{warmup_epochs: 1, every: 2, inner_lr: 0.01, validation_batch: 20}}
resources: {{threads: 1, device: cpu}}
variants: [{variants}]
"
    );
    Plan::new(spec::parse(&yaml).unwrap())
}

/// A trial of the method.
pub fn method(detector: &str, training: &str) -> TrialSpec {
    plan(detector, training, "").trial(0)
}

/// The trial of a baseline.
pub fn baseline(yaml: &str) -> TrialSpec {
    let plan = plan(
        "{tiny: {width: 4}}",
        "epochs: 2, augmentation: {flip_horizontal: true}",
        &format!("{{name: other, baseline: {{{yaml}}}}}"),
    );
    let mut trials = (0..plan.trials()).map(|index| plan.trial(index));
    trials
        .find(|trial| matches!(trial.method, Method::Baseline(_)))
        .unwrap()
}

/// All that comes of a trial, without times.
#[derive(Debug, PartialEq)]
pub struct Completed {
    measurements: Vec<Measurement>,
    outcome: Outcome,
    embeddings: Option<Embeddings>,
    /// The files of the detector, to the last byte.
    files: Vec<(String, Vec<u8>)>,
}

impl Completed {
    fn new(mut measurements: Vec<Measurement>, mut outcome: Outcome, remains: Option<Box<Remains>>) -> Self {
        measurements
            .iter_mut()
            .for_each(|measurement| measurement.seconds = 0.0);
        outcome.seconds = 0.0;
        let folder = tempfile::tempdir().unwrap();
        let embeddings = remains.map(|mut remains| {
            remains.model.save(folder.path()).unwrap();
            remains.embeddings
        });
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (
                    entry.file_name().into_string().unwrap(),
                    fs::read(entry.path()).unwrap(),
                )
            })
            .collect();
        files.sort();
        Self {
            measurements,
            outcome,
            embeddings,
            files,
        }
    }
}

/// What comes of a trial that nobody interrupts and that keeps no checkpoint.
pub fn undisturbed(spec: &TrialSpec, rungs: &[u32]) -> Completed {
    let mut measurements = Vec::new();
    let mut report = |measurement| {
        measurements.push(measurement);
        Control::Continue
    };
    match run_judged(spec, rungs, &task(), Path::new("."), &mut report).unwrap() {
        Ended::Completed(outcome, remains) => Completed::new(measurements, outcome, remains),
        ended => panic!("{ended:?}"),
    }
}

/// How an attempt ended.
#[derive(Debug)]
pub enum End {
    Completed(Box<Completed>),
    Left(Left),
    /// With the epochs that it reported.
    Stopped(Vec<u32>),
}

impl End {
    pub fn left(self) -> Left {
        match self {
            Self::Left(left) => left,
            ended => panic!("{ended:?}"),
        }
    }
}

/// A trial with its checkpoints.
pub struct Interrupted {
    spec: TrialSpec,
    rungs: Vec<u32>,
    _parent: TempDir,
    pub folder: PathBuf,
    pub fingerprint: String,
    /// Pauses between two checkpoints.
    pub every: Option<u32>,
    pub answer: fn(&Measurement) -> Control,
    /// What was told of checkpoints.
    pub notes: Vec<String>,
    /// Of the measurements of the last attempt.
    pub seconds: Vec<f64>,
}

impl Interrupted {
    pub fn new(spec: &TrialSpec, rungs: &[u32]) -> Self {
        let parent = tempfile::tempdir().unwrap();
        Self {
            spec: spec.clone(),
            rungs: rungs.to_vec(),
            folder: parent.path().join("checkpoints"),
            _parent: parent,
            fingerprint: "of these images".into(),
            every: None,
            answer: |_| Control::Continue,
            notes: Vec::new(),
            seconds: Vec::new(),
        }
    }

    /// An attempt that is told to leave at a pause: after a step or after the end of an epoch.
    pub fn run_for(&mut self, pauses: u32) -> End {
        self.attempt(|pause| pause == pauses)
    }

    /// An attempt that dies at a pause, without a word.
    pub fn kill_after(&mut self, pauses: u32) {
        let attempt = || {
            self.attempt(|pause| {
                assert!(pause < pauses, "killed");
                false
            })
        };
        assert!(catch_unwind(AssertUnwindSafe(attempt)).is_err(), "it ended before");
    }

    pub fn run_to_end(&mut self) -> Completed {
        match self.attempt(|_| false) {
            End::Completed(completed) => *completed,
            ended => panic!("{ended:?}"),
        }
    }

    /// The checkpoints, oldest first.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    pub fn resumptions(&self) -> usize {
        self.notes.iter().filter(|note| note.starts_with("Resumed")).count()
    }

    fn attempt(&mut self, leave: impl Fn(u32) -> bool) -> End {
        let (pauses, notes) = (Cell::new(0), RefCell::new(Vec::new()));
        let pause = || {
            pauses.set(pauses.get() + 1);
            leave(pauses.get())
        };
        let checkpoints = Checkpoints {
            folder: &self.folder,
            fingerprint: &self.fingerprint,
            every: self.every.map(|pauses| Duration::from_secs(pauses.into())),
            // A second passes with each pause.
            clock: &|| Duration::from_secs(pauses.get().into()),
            leave: &pause,
            note: &|note| notes.borrow_mut().push(format!("{note:?}")),
        };
        let mut measurements = Vec::new();
        let mut report = |measurement: Measurement| {
            measurements.push(measurement.clone());
            (self.answer)(&measurement)
        };
        let base = Path::new(".");
        let ended = run_resumable(&self.spec, &self.rungs, &task(), base, Some(checkpoints), &mut report);
        self.notes.extend(notes.into_inner());
        self.seconds = measurements.iter().map(|measurement| measurement.seconds).collect();
        match ended.unwrap() {
            Ended::Completed(outcome, remains) => {
                End::Completed(Box::new(Completed::new(measurements, outcome, remains)))
            }
            Ended::Left(left) => End::Left(left),
            Ended::Stopped { .. } => End::Stopped(measurements.iter().map(|m| m.epoch).collect()),
        }
    }
}
