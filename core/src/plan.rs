//! Expansion of a spec into trials: an exact cover in a fixed order, computed by index and never held as a list.
//!
//! Order: task, then seed, then family, then starting point. The trials of one (task, seed) are a *group*: the
//! selection picks one of them.

use crate::{
    id::TrialId,
    outcome::Hyperparameters,
    spec::{
        DataSpec, DetectorSpec, FamilySpec, ResourceSpec, Score, SplitSpec, SweepSpec, TaskSpec, TrainingSpec,
        TuningSpec, sha256_of,
    },
};
use serde::{Deserialize, Serialize};

/// Everything that a trial's result depends on, and nothing else. Its canonical JSON is what [`TrialSpec::id`] hashes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialSpec {
    /// The images (where Fashion-MNIST lies is not part of the identity; which folder of one's own it is, is).
    pub data: DataSpec,
    /// How many images go where.
    pub split: SplitSpec,
    /// The task (its name is not part of the identity).
    pub task: TaskSpec,
    /// The family, without starting points.
    pub family: FamilySpec,
    /// The starting point.
    pub initial: Hyperparameters,
    /// The seed of every draw.
    pub seed: u64,
    /// The network.
    pub detector: DetectorSpec,
    /// The theta steps.
    pub training: TrainingSpec,
    /// The steps on the augmentation.
    pub tuning: TuningSpec,
    /// The anomaly score.
    pub score: Score,
    /// What the trial may use.
    pub resources: ResourceSpec,
}

impl TrialSpec {
    /// The content-addressed identifier: same inputs and seed, same trial.
    pub fn id(&self) -> TrialId {
        let mut key = self.clone();
        key.task.name = None;
        match &mut key.data {
            DataSpec::FashionMnist(data) => data.root = None,
            // Another folder holds other images.
            DataSpec::Folder(_) => {}
        }
        TrialId::of(&sha256_of(&key))
    }
}

/// The trials of a spec, by index.
#[derive(Clone, Debug)]
pub struct Plan {
    spec: SweepSpec,
    /// (family, start) of each candidate of a group.
    candidates: Vec<(usize, usize)>,
}

/// One (task, seed): its candidates compete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Position among the groups.
    pub index: u32,
    /// The task's position in the spec.
    pub task_index: usize,
    /// The task's name.
    pub task: String,
    /// The seed.
    pub seed: u64,
}

impl Plan {
    /// The plan of a spec.
    pub fn new(spec: SweepSpec) -> Self {
        let candidates = spec
            .families
            .iter()
            .enumerate()
            .flat_map(|(family, f)| (0..f.starts().len()).map(move |start| (family, start)))
            .collect();
        Self { spec, candidates }
    }

    /// The spec.
    pub fn spec(&self) -> &SweepSpec {
        &self.spec
    }

    /// Number of (task, seed) groups.
    pub fn groups(&self) -> u32 {
        count(self.spec.tasks.len() * self.spec.seeds.len())
    }

    /// Number of trials that compete in a group.
    pub fn candidates(&self) -> u32 {
        count(self.candidates.len())
    }

    /// Number of trials.
    pub fn trials(&self) -> u32 {
        self.groups() * self.candidates()
    }

    /// The group at `index`, below [`Plan::groups`].
    pub fn group(&self, index: u32) -> Group {
        let (task_index, seed) = (
            index as usize / self.spec.seeds.len(),
            index as usize % self.spec.seeds.len(),
        );
        Group {
            index,
            task_index,
            task: self.spec.tasks[task_index].name(),
            seed: self.spec.seeds[seed],
        }
    }

    /// The group of the trial at `index`.
    pub fn group_of(&self, index: u32) -> u32 {
        index / self.candidates()
    }

    /// The trial at `index`, below [`Plan::trials`].
    pub fn trial(&self, index: u32) -> TrialSpec {
        let group = self.group(self.group_of(index));
        let (family, start) = self.candidates[(index % self.candidates()) as usize];
        let spec = &self.spec;
        TrialSpec {
            data: spec.data.clone(),
            split: spec.split.clone(),
            task: spec.tasks[group.task_index].clone(),
            family: spec.families[family].without_starts(),
            initial: spec.families[family].starts()[start].clone(),
            seed: group.seed,
            detector: spec.detector.clone(),
            training: spec.training.clone(),
            tuning: spec.tuning.clone(),
            score: spec.score,
            resources: spec.resources.clone(),
        }
    }
}

/// Counts are bounded by [`crate::spec::parse`]: a spec of more than a hundred million trials is refused.
fn count(n: usize) -> u32 {
    u32::try_from(n).expect("parse() bounds the number of trials")
}
