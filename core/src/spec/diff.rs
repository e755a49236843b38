//! Where two specs differ, for people who submit another spec under a name that is taken.

use super::{SweepSpec, canonical_json};
use serde_json::Value;

/// Every path at which `new` is not what `old` is, as `path: old -> new`, in the order of the paths.
pub fn differences(old: &SweepSpec, new: &SweepSpec) -> Vec<String> {
    let value = |spec| serde_json::from_str(&canonical_json(spec)).unwrap_or(Value::Null);
    let mut found = Vec::new();
    compare("", Some(&value(old)), Some(&value(new)), &mut found);
    found
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<String>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let dot = if path.is_empty() { "" } else { "." };
            let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                compare(&format!("{path}{dot}{key}"), old.get(key), new.get(key), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for i in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{i}]"), old.get(i), new.get(i), found);
            }
        }
        (old, new) => found.push(format!("{path}: {} -> {}", shown(old), shown(new))),
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".into(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    const SPEC: &str = "version: 1
name: a
data: {fashion_mnist: {}}
tasks: [{normal: sneaker, anomaly: {class: boot}}]
families: [{rotation: {starts: [{angle_deg: 10}]}}]
seeds: [0]
";

    #[test]
    fn names_each_path_with_old_and_new() {
        let old = parse(SPEC).unwrap();
        let new = parse(&SPEC.replace("seeds: [0]", "seeds: [0, 1]").replace("10", "20")).unwrap();
        assert_eq!(differences(&old, &old), Vec::<String>::new());
        assert_eq!(
            differences(&old, &new),
            [
                "families[0].rotation.starts[0].angle_deg: 10.0 -> 20.0",
                "seeds[1]: nothing -> 1"
            ]
        );
    }
}
