//! Expansion of a spec into trials: an exact cover in a fixed order, computed by index and never held as a list.
//!
//! Order: task, then seed, then variant (the method first), then family, then starting point. The trials of one (task,
//! seed, variant) are a *group*: the selection picks one of them.

use crate::{
    id::TrialId,
    outcome::Hyperparameters,
    spec::{
        BaselineSpec, DataSpec, DetectorSpec, FamilySpec, Hypergradient, METHOD, ResourceSpec, Score, SplitSpec,
        SweepSpec, TaskSpec, TrainingSpec, TuningSpec, VariantSpec, sha256_of,
    },
};
use serde::{Deserialize, Serialize};
use std::ops::Range;

mod positions;

pub use positions::{Positions, Wanted};

/// Everything that a trial's result depends on, and nothing else. Its canonical JSON is what [`TrialSpec::id`] hashes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialSpec {
    /// The images (where a published data set lies is not part of the identity; which folder of one's own it is, is).
    pub data: DataSpec,
    /// How many images go where.
    pub split: SplitSpec,
    /// The task (its name is not part of the identity).
    pub task: TaskSpec,
    /// How anomalies are to be found.
    pub method: Method,
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
        key.data = key.data.identity();
        TrialId::of(&sha256_of(&key))
    }

    /// Whether steps are made on its augmentation.
    pub fn is_tuned(&self) -> bool {
        let family_is = matches!(&self.method, Method::Augmented { family, .. } if family.form().is_tuned());
        family_is && self.tuning.hypergradient != Hypergradient::None
    }
}

/// How a trial finds anomalies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// By telling images from their augmented copies: ST-SSAD and its ablations.
    Augmented {
        /// The family, without starting points.
        family: FamilySpec,
        /// The starting point; empty where the family has none.
        initial: Hyperparameters,
    },
    /// Otherwise.
    Baseline(BaselineSpec),
}

impl Method {
    /// The name of the family or the baseline, as in leaderboards.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Augmented { family, .. } => family.name(),
            Self::Baseline(baseline) => baseline.name(),
        }
    }

    /// The starting point; empty where there is none.
    pub fn initial(&self) -> Hyperparameters {
        match self {
            Self::Augmented { initial, .. } => initial.clone(),
            Self::Baseline(_) => Hyperparameters::new(),
        }
    }
}

/// The trials of a spec, by index.
#[derive(Clone, Debug)]
pub struct Plan {
    spec: SweepSpec,
    variants: Vec<Variant>,
}

/// One variant's place among the trials of a (task, seed).
#[derive(Clone, Debug)]
struct Variant {
    /// Position in the spec; none for the method itself.
    spec: Option<usize>,
    /// The (family, start) of each candidate; of a baseline the one candidate has neither.
    candidates: Vec<Option<(usize, usize)>>,
    /// Candidates of the variants before it.
    first: usize,
}

/// One (task, seed, variant): its candidates compete.
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
    /// The variant's name; [`METHOD`] for the method itself.
    pub variant: String,
}

impl Plan {
    /// The plan of a spec.
    pub fn new(spec: SweepSpec) -> Self {
        let mut variants: Vec<Variant> = Vec::with_capacity(1 + spec.variants.len());
        for position in std::iter::once(None).chain((0..spec.variants.len()).map(Some)) {
            let first = variants.last().map_or(0, |last| last.first + last.candidates.len());
            let candidates = match position.map(|at| &spec.variants[at]) {
                Some(VariantSpec { baseline: Some(_), .. }) => vec![None],
                variant => candidates(families(&spec, variant)),
            };
            variants.push(Variant {
                spec: position,
                candidates,
                first,
            });
        }
        Self { spec, variants }
    }

    /// The spec.
    pub fn spec(&self) -> &SweepSpec {
        &self.spec
    }

    /// Number of (task, seed, variant) groups.
    pub fn groups(&self) -> u32 {
        count(self.spec.tasks.len() * self.spec.seeds.len() * self.variants.len())
    }

    /// Number of trials that compete in each group of a (task, seed), in the order of the variants.
    pub fn candidates(&self) -> Vec<u32> {
        self.variants
            .iter()
            .map(|variant| count(variant.candidates.len()))
            .collect()
    }

    /// Number of trials of one (task, seed).
    fn block(&self) -> usize {
        self.variants.iter().map(|variant| variant.candidates.len()).sum()
    }

    /// Number of trials.
    pub fn trials(&self) -> u32 {
        count(self.spec.tasks.len() * self.spec.seeds.len() * self.block())
    }

    /// The group at `index`, below [`Plan::groups`].
    pub fn group(&self, index: u32) -> Group {
        let (block, variant) = self.place(index);
        let (task_index, seed) = (block / self.spec.seeds.len(), block % self.spec.seeds.len());
        let variant = variant.spec.map_or(METHOD, |at| &self.spec.variants[at].name);
        Group {
            index,
            task_index,
            task: self.spec.tasks[task_index].name(),
            seed: self.spec.seeds[seed],
            variant: variant.to_owned(),
        }
    }

    /// The positions of the trials of the group at `index`.
    pub fn members(&self, index: u32) -> Range<u32> {
        let (block, variant) = self.place(index);
        let first = block * self.block() + variant.first;
        count(first)..count(first + variant.candidates.len())
    }

    /// The group of the trial at `index`.
    pub fn group_of(&self, index: u32) -> u32 {
        let (block, within) = (index as usize / self.block(), index as usize % self.block());
        let variant = self.variants.partition_point(|variant| variant.first <= within) - 1;
        count(block * self.variants.len() + variant)
    }

    /// The (task, seed) of a group, and its variant.
    fn place(&self, group: u32) -> (usize, &Variant) {
        let group = group as usize;
        (group / self.variants.len(), &self.variants[group % self.variants.len()])
    }

    /// The trial at `index`, below [`Plan::trials`].
    pub fn trial(&self, index: u32) -> TrialSpec {
        let group = self.group_of(index);
        let (_, place) = self.place(group);
        let candidate = place.candidates[(index - self.members(group).start) as usize];
        let group = self.group(group);
        let spec = &self.spec;
        let variant = place.spec.map(|at| &spec.variants[at]);
        let mut trial = TrialSpec {
            data: spec.data.clone(),
            split: spec.split.clone(),
            task: spec.tasks[group.task_index].clone(),
            method: self.method(variant, candidate, &group),
            seed: group.seed,
            detector: spec.detector.clone(),
            training: spec.training.clone(),
            tuning: spec.tuning.clone(),
            score: spec.score,
            resources: spec.resources.clone(),
        };
        if let Some(variant) = variant {
            apply(variant, &mut trial);
        }
        trial
    }

    fn method(&self, variant: Option<&VariantSpec>, candidate: Option<(usize, usize)>, group: &Group) -> Method {
        match (variant.and_then(|variant| variant.baseline.as_ref()), candidate) {
            (Some(baseline), _) => Method::Baseline(baseline.clone()),
            (None, Some((family, start))) => {
                let family = &families(&self.spec, variant)[family];
                Method::Augmented {
                    family: family.without_starts(),
                    initial: family.start(start, &self.spec.tasks[group.task_index], group.seed),
                }
            }
            (None, None) => unreachable!("only a baseline's candidate has no family"),
        }
    }
}

/// The families of a variant, or of the method itself.
fn families<'a>(spec: &'a SweepSpec, variant: Option<&'a VariantSpec>) -> &'a [FamilySpec] {
    let own = variant.and_then(|variant| variant.families.as_deref());
    own.unwrap_or(&spec.families)
}

fn candidates(families: &[FamilySpec]) -> Vec<Option<(usize, usize)>> {
    let starts = |(family, f): (usize, &FamilySpec)| (0..f.starts_count()).map(move |start| Some((family, start)));
    families.iter().enumerate().flat_map(starts).collect()
}

/// Puts a variant's settings in place of the sweep's.
fn apply(variant: &VariantSpec, trial: &mut TrialSpec) {
    if let Some(hypergradient) = variant.hypergradient {
        trial.tuning.hypergradient = hypergradient;
    }
    if let Some(loss) = variant.validation_loss {
        trial.tuning.loss = loss;
    }
    if let Some(score) = variant.score {
        trial.score = score;
    }
    if let Some(detector) = &variant.detector {
        trial.detector = detector.clone();
    }
}

/// Counts are bounded by [`crate::spec::parse`]: a spec of more than a million trials is refused.
fn count(n: usize) -> u32 {
    u32::try_from(n).expect("parse() bounds the number of trials")
}
