//! What the anomalies of a task are.

use super::{ClassRef, Planted};
use serde::{Deserialize, Serialize};

/// The anomalies of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalySpec {
    /// Images of another class, or of one type of defect.
    Class(ClassRef),
    /// Images of several classes or types together, each as often as it has images.
    Classes(Vec<ClassRef>),
    /// Images of all other classes or types together, each as often as it has images.
    Any,
    /// Held-out images of the normal class, changed in a known way: the right answer is known.
    Planted(Planted),
    /// Unknown images of a folder, among normal ones: nobody has labelled them.
    Unlabelled,
}

impl AnomalySpec {
    /// The classes that it names.
    pub fn classes(&self) -> &[ClassRef] {
        match self {
            Self::Class(class) => std::slice::from_ref(class),
            Self::Classes(classes) => classes,
            Self::Any | Self::Planted(_) | Self::Unlabelled => &[],
        }
    }
}
