//! The sweep spec: what a user writes in YAML. Strict: an unknown key is an error.
//!
//! Choices are written as a key (`rotation: {...}`), never as a tag field, so that every fault has its line.

mod baselines;
mod diff;
mod early_stopping;
mod families;
mod parse;
mod report;
mod tasks;
mod training;
mod validate;
mod variants;

pub use baselines::{
    AutoencoderSpec, BaselineSpec, DeepSvddSpec, Direction, MeanIntensitySpec, PixelPcaSpec, PretrainedSpec,
    UntrainedSpec,
};
pub use diff::differences;
pub use early_stopping::EarlyStoppingSpec;
pub use families::{
    BlurSpec, Bound, BrightnessContrastSpec, ComposeSpec, CutdiffMode, CutdiffSpec, CutpasteSpec, ElasticSpec,
    FamilySpec, Form, HueSaturationSpec, NoiseSpec, Padding, Parameter, PatchSource, RotationSpec, ScarSource,
    ScarSpec, SearchRange, StartScheme, Starts,
};
pub use parse::{Fault, SpecError, parse, place};
pub use report::ReportSpec;
pub use tasks::{
    AnomalySpec, Cifar100Labels, Cifar100Spec, ClassRef, Count, Counts, DataSpec, ElpvSpec, FashionMnistSpec,
    FolderSpec, InspectionSpec, MnistSpec, Planted, PlantedBlur, PlantedNoise, PlantedPatch, SmallImagesSpec,
    SplitSpec, TaskSpec,
};
pub use training::{
    CosineSpec, DetectorSpec, Device, Embedding, Hypergradient, ImageNormalisation, KnnSpec, LayoutSpec, Optimiser,
    ResNetSpec, ResourceSpec, Schedule, Score, Stem, StepSpec, TinySpec, TrainingAugmentation, TrainingSpec,
    TuningSpec, ValidationLoss,
};
pub use variants::{METHOD, VariantSpec};

use crate::{id::SweepId, select::SelectionSpec, state::RetryPolicy};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of the spec format that this build reads.
pub const SPEC_VERSION: u32 = 1;

/// A sweep: tasks x seeds x (families x starting points), and how each trial is trained, tuned and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepSpec {
    /// Version of the spec format: 1.
    pub version: u32,
    /// The sweep's name: lower-case letters, digits and hyphens, at most 63; unique in a coordinator.
    pub name: String,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The images.
    pub data: DataSpec,
    /// How many images go where.
    #[serde(default)]
    pub split: SplitSpec,
    /// What is normal and what is to be found.
    pub tasks: Vec<TaskSpec>,
    /// The augmentations that may fake the anomalies, each with its starting points.
    pub families: Vec<FamilySpec>,
    /// What the method is held against on the same tasks and seeds: ablations, baselines, controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<VariantSpec>,
    /// Every (task, starting point) is run once for each seed.
    pub seeds: Vec<u64>,
    /// The network.
    #[serde(default)]
    pub detector: DetectorSpec,
    /// The theta steps.
    #[serde(default)]
    pub training: TrainingSpec,
    /// The steps on the augmentation.
    #[serde(default)]
    pub tuning: TuningSpec,
    /// The anomaly score.
    #[serde(default)]
    pub score: Score,
    /// The choice between trials.
    #[serde(default)]
    pub selection: SelectionSpec,
    /// When trials end before their last epoch; none for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStoppingSpec>,
    /// What a trial may use.
    #[serde(default)]
    pub resources: ResourceSpec,
    /// What happens after a failed attempt.
    #[serde(default)]
    pub retry: RetryPolicy,
    /// What is left for people to look at.
    #[serde(default, skip_serializing_if = "ReportSpec::is_default")]
    pub report: ReportSpec,
}

impl SweepSpec {
    /// SHA-256 (hexadecimal) of the spec in canonical form: JSON, defaults written out, fields in a fixed order.
    /// Comments, spacing and the order of keys in the YAML don't matter.
    pub fn sha256(&self) -> String {
        sha256_of(self)
    }

    /// The sweep's identifier.
    pub fn id(&self) -> SweepId {
        SweepId::of(&self.name, &self.sha256())
    }
}

/// SHA-256 (hexadecimal) of a value's canonical JSON.
pub fn sha256_of<T: Serialize>(value: &T) -> String {
    let json = canonical_json(value);
    Sha256::digest(json.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A value's canonical JSON. The types hashed here have string keys and no failing serialiser.
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("spec types serialise to JSON")
}
