//! The data part of a spec: images, split, tasks.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// Where the images come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataSpec {
    /// Fashion-MNIST in IDX files, gz or plain.
    FashionMnist(FashionMnistSpec),
    /// A folder of one's own images, without labels.
    Folder(FolderSpec),
}

/// Options of the data set `fashion_mnist`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FashionMnistSpec {
    /// Folder of the four IDX files, relative to the working directory of whoever reads it. Without it:
    /// `$AUGUR_DATA/fashion-mnist`, `.data/fashion-mnist`, `/usr/share/datasets/fashion-mnist`, the first that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Side of the square images after resizing, in pixels, 8 to 28.
    #[serde(default = "full_size")]
    pub size_px: u32,
}

fn full_size() -> u32 {
    28
}

/// Options of the data set `folder`: `ROOT/NORMAL/train/**` holds normal images, `ROOT/NORMAL/validation/**` unlabelled
/// ones, where NORMAL is a task's `normal`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSpec {
    /// The folder, relative to the working directory of whoever reads it.
    pub root: String,
    /// Side of the square images after resizing, in pixels, 8 to 1024.
    #[serde(default = "folder_size")]
    pub size_px: u32,
    /// Whether images are red, green and blue; else grey.
    #[serde(default)]
    pub colour: bool,
}

fn folder_size() -> u32 {
    64
}

/// How many images of a task go where. The four groups never share an image. Of a folder all images are used, so that
/// `held_out` and `seed` alone have a meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitSpec {
    /// Normal images to train on.
    pub train: u32,
    /// Normal images kept out of training for the mixture energy; without it a tenth of `train`, at least 50. Of a
    /// folder: without it a tenth of the images in `train`, at least 50 but at most half of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<u32>,
    /// Normal images in the unlabelled validation set.
    pub validation_normal: u32,
    /// Anomalous images in the unlabelled validation set.
    pub validation_anomalous: u32,
    /// Which images are drawn.
    pub seed: u64,
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self {
            train: 512,
            held_out: None,
            validation_normal: 200,
            validation_anomalous: 100,
            seed: 0,
        }
    }
}

impl SplitSpec {
    /// The number of held-out normal images.
    pub fn held_out(&self) -> u32 {
        self.held_out.unwrap_or_else(|| self.train.div_ceil(10).max(50))
    }
}

/// One task: a normal class and the anomalies to be found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSpec {
    /// The task's name, unique in the sweep; without it `NORMAL-vs-CLASS`, `NORMAL-rotated-ANGLE` or (unlabelled) `NORMAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The normal class; of a folder the sub-folder with the task's images.
    pub normal: ClassRef,
    /// What the anomalies are.
    pub anomaly: AnomalySpec,
}

impl TaskSpec {
    /// The task's name, given or made from its parts.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| match &self.anomaly {
            AnomalySpec::Class(class) => format!("{}-vs-{class}", self.normal),
            AnomalySpec::Planted(Planted::RotateDeg(angle)) => {
                format!("{}-rotated-{angle}", self.normal)
            }
            AnomalySpec::Unlabelled => self.normal.to_string(),
        })
    }
}

/// The anomalies of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalySpec {
    /// Images of another class.
    Class(ClassRef),
    /// Held-out images of the normal class, changed in a known way: the right answer is known.
    Planted(Planted),
    /// Unknown images of a folder, among normal ones: nobody has labelled them.
    Unlabelled,
}

/// A fixed change of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planted {
    /// Turned by this angle in degrees, as family `rotation` with zero padding turns it.
    RotateDeg(f64),
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
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<ClassRef, E> {
                Ok(ClassRef(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
