//! What differs between two specs, key by key.

use augur_core::spec::SweepSpec;
use serde_json::Value;
use std::collections::BTreeMap;

/// More differences than this are counted, not listed.
const MOST: usize = 6;

/// "`training.epochs` is 30 there and 40 here; ...".
pub fn difference(there: &SweepSpec, here: &SweepSpec) -> String {
    let (there, here) = (leaves(there), leaves(here));
    let mut keys: Vec<_> = there.keys().chain(here.keys()).collect();
    keys.sort();
    keys.dedup();
    let show = |value: Option<&String>| value.map_or("not set", String::as_str).to_owned();
    let differences: Vec<_> = keys
        .into_iter()
        .filter(|key| there.get(*key) != here.get(*key))
        .map(|key| {
            format!(
                "`{key}` is {} there and {} here",
                show(there.get(key)),
                show(here.get(key))
            )
        })
        .collect();
    let mut text = differences.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if differences.len() > MOST {
        text += &format!(", and {} more", differences.len() - MOST);
    }
    text
}

/// Every value of the canonical spec by its path, such as `tasks[1].normal`.
fn leaves(spec: &SweepSpec) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    if let Ok(value) = serde_json::to_value(spec) {
        collect(&value, String::new(), &mut leaves);
    }
    leaves
}

fn collect(value: &Value, path: String, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            let dot = if path.is_empty() { "" } else { "." };
            collect(value, format!("{path}{dot}{key}"), leaves);
        }),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items
                .iter()
                .enumerate()
                .for_each(|(i, item)| collect(item, format!("{path}[{i}]"), leaves));
        }
        leaf => {
            leaves.insert(path, leaf.to_string());
        }
    }
}
