//! YAML text -> spec, with the line and column of every fault.

use super::{SweepSpec, validate::validate};
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;

/// One thing wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line from 1 and column from 1, where known.
    pub position: Option<(u64, u64)>,
    /// The place in the spec, like `tasks[1].normal`; empty for faults of the YAML itself.
    pub path: String,
    /// What is wrong and what to do, without a full stop.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// A spec that can't be used: every fault that was found, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct SpecError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl SpecError {
    /// The same of a text that nobody has seen.
    pub fn without_positions(mut self) -> Self {
        self.faults.iter_mut().for_each(|fault| fault.position = None);
        self
    }
}

/// Reads a spec and checks all that can be checked without the data.
///
/// # Errors
/// [`SpecError`] with every semantic fault, or with the one fault that stops the YAML from being read.
pub fn parse(yaml: &str) -> Result<SweepSpec, SpecError> {
    let mut spec: SweepSpec = serde_yaml::from_str(yaml).map_err(|error| SpecError {
        faults: vec![syntax(&error)],
    })?;
    let mut faults = validate(&spec);
    if faults.is_empty() {
        spec.split = spec.split.written_out(&spec.data);
        return Ok(spec);
    }
    let places = places(yaml);
    for fault in &mut faults {
        fault.position = nearest(&places, &fault.path);
    }
    faults.sort_by_key(|fault| fault.position);
    Err(SpecError { faults })
}

/// Where a value stands in a spec's text, as line and column from 1, by its path, like `tasks[1].normal`. Of a value that is not
/// written, where what is around it stands.
pub fn place(yaml: &str, path: &str) -> Option<(u64, u64)> {
    nearest(&places(yaml), path)
}

fn syntax(error: &serde_yaml::Error) -> Fault {
    let text = error.without_snippet().to_string();
    let message = match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    };
    let position = error.location().map(|at| (at.line(), at.column()));
    Fault {
        position,
        path: String::new(),
        message,
    }
}

/// The position of `path`, or of the closest thing around it that stands in the text.
fn nearest(places: &BTreeMap<String, (u64, u64)>, path: &str) -> Option<(u64, u64)> {
    let mut path = path;
    loop {
        if let Some(position) = places.get(path) {
            return Some(*position);
        }
        path = &path[..path.rfind(['.', '['])?];
    }
}

/// The position of every value in the text by its path.
fn places(yaml: &str) -> BTreeMap<String, (u64, u64)> {
    let mut places = BTreeMap::new();
    if let Ok(root) = serde_yaml::from_str::<Node>(yaml) {
        root.collect("", &mut places);
    }
    places
}

/// YAML as it stands, each value with its position.
enum Node {
    Map(Vec<(String, serde_yaml::Spanned<Node>)>),
    List(Vec<serde_yaml::Spanned<Node>>),
    Scalar,
}

impl Node {
    fn collect(&self, prefix: &str, places: &mut BTreeMap<String, (u64, u64)>) {
        let mut enter = |path: String, node: &serde_yaml::Spanned<Self>| {
            places.insert(path.clone(), (node.referenced.line(), node.referenced.column()));
            node.value.collect(&path, places);
        };
        match self {
            Self::Scalar => {}
            Self::Map(entries) => {
                let dot = if prefix.is_empty() { "" } else { "." };
                entries
                    .iter()
                    .for_each(|(key, node)| enter(format!("{prefix}{dot}{key}"), node));
            }
            Self::List(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(i, node)| enter(format!("{prefix}[{i}]"), node));
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any YAML value")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Node::Map(entries))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_str<E>(self, _: &str) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
