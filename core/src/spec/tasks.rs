//! The data part of a spec: images, split, tasks.

mod anomaly;
mod data;
mod planted;
mod split;

pub use anomaly::AnomalySpec;
pub use data::{
    Cifar100Labels, Cifar100Spec, DataSpec, ElpvSpec, FashionMnistSpec, FolderSpec, InspectionSpec, MnistSpec,
    SmallImagesSpec,
};
pub use planted::{Planted, PlantedBlur, PlantedNoise, PlantedPatch};
pub use split::{Count, Counts, SplitSpec};

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// One task: a normal class and the anomalies to be found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSpec {
    /// The task's name, unique in the sweep; without it `NORMAL-vs-CLASS`, `NORMAL-vs-CLASS+CLASS`, `NORMAL-vs-any`,
    /// `NORMAL-rotated-ANGLE` and the like, or (unlabelled) `NORMAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The normal class; of a data set with categories the category; of a folder the sub-folder with the task's images.
    pub normal: ClassRef,
    /// What the anomalies are.
    pub anomaly: AnomalySpec,
}

impl TaskSpec {
    /// The task's name, given or made from its parts.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| match &self.anomaly {
            AnomalySpec::Class(_) | AnomalySpec::Classes(_) => {
                let classes: Vec<_> = self.anomaly.classes().iter().map(|class| class.0.as_str()).collect();
                format!("{}-vs-{}", self.normal, classes.join("+"))
            }
            AnomalySpec::Any => format!("{}-vs-any", self.normal),
            AnomalySpec::Planted(planted) => format!("{}-{}", self.normal, planted.name()),
            AnomalySpec::Unlabelled => self.normal.to_string(),
        })
    }
}

/// A class by its name (`sneaker`) or its number (7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ClassRef(pub String);

impl ClassRef {
    /// Whether it names a folder within another one: no path, no way out.
    pub fn is_folder_name(&self) -> bool {
        let name = self.0.as_str();
        let separator = |c: char| matches!(c, '/' | '\\') || c.is_control();
        !(name.is_empty() || name == "." || name == ".." || name.contains(separator))
    }
}

impl fmt::Display for ClassRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ClassRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = ClassRef;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a class name or number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ClassRef, E> {
                Ok(ClassRef(text.to_owned()))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<ClassRef, E> {
                Ok(ClassRef(number.to_string()))
            }
            /// YAML's core schema has no octal numbers such as `01`, the name of a category: it comes as a fraction.
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<ClassRef, E> {
                match number.fract() == 0.0 && number.abs() < 1e9 {
                    true => Ok(ClassRef(number.to_string())),
                    false => Err(E::invalid_type(de::Unexpected::Float(number), &self)),
                }
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<ClassRef, E> {
                Ok(ClassRef(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
