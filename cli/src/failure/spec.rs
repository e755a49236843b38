//! The faults of a config in a person's words, each with its place, unknown keys with the nearest known one.

use super::{Complaint, Excerpt, Exit, Failure};
use augur_core::spec::{Fault, SpecError};
use std::path::Path;

/// How alike two keys must be for one to be offered for the other (Jaro-Winkler, 0 to 1).
const NEAR: f64 = 0.75;

impl Failure {
    /// A config that can't be used. `text` is what stands in the file.
    pub fn bad_config(path: &Path, text: &str, error: &SpecError) -> Self {
        Self {
            exit: Exit::BadConfig,
            faults: error.faults.iter().map(|fault| complaint(path, text, fault)).collect(),
        }
    }
}

fn complaint(path: &Path, text: &str, fault: &Fault) -> Complaint {
    let Explained { message, label, help } = explain(&fault.message);
    let file = path.display().to_string();
    let place = match fault.position {
        Some((line, column)) => format!("{file}:{line}:{column}"),
        None => file.clone(),
    };
    let subject = match fault.path.as_str() {
        "" => String::new(),
        path => format!("`{path}`: "),
    };
    Complaint {
        message: format!("{place}: {subject}{message}"),
        excerpt: fault.position.map(|position| Excerpt {
            file,
            text: text.to_owned(),
            position,
            label,
        }),
        help,
    }
}

/// A fault's text, worked over.
struct Explained {
    message: String,
    label: Option<String>,
    help: Option<String>,
}

/// Serde's texts about keys and types in the words of a spec; other texts as they are.
fn explain(message: &str) -> Explained {
    let as_is = |message: String| Explained {
        message,
        label: None,
        help: None,
    };
    if let Some((unknown, known)) = unknown_key(message) {
        let near = nearest(&unknown, &known);
        return Explained {
            message: match near {
                Some(near) => format!("unknown key `{unknown}`; did you mean `{near}`?"),
                None => format!("unknown key `{unknown}`; remove it"),
            },
            label: near.map(|near| format!("did you mean `{near}`?")),
            help: Some(format!("the keys known here are {}", known.join(", "))),
        };
    }
    as_is(plain_types(message))
}

/// From "unknown field `a`, expected one of `b`, `c`" the unknown one and the known ones.
fn unknown_key(message: &str) -> Option<(String, Vec<String>)> {
    let start = ["unknown field", "unknown variant"]
        .iter()
        .find_map(|start| message.find(start))?;
    let mut names = message[start..].split('`').skip(1).step_by(2).map(str::to_owned);
    let unknown = names.next()?;
    let known: Vec<_> = names.collect();
    (!known.is_empty()).then_some((unknown, known))
}

fn nearest<'a>(unknown: &str, known: &'a [String]) -> Option<&'a String> {
    let likeness = |key: &String| strsim::jaro_winkler(unknown, key);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) >= NEAR).then_some(nearest)
}

/// Rust's names of types, as a person would say them.
fn plain_types(message: &str) -> String {
    const WORDS: [(&str, &str); 12] = [
        ("expected u32", "expected a whole number, 0 or more"),
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("expected sequence", "expected a list"),
        ("expected an array of length", "expected a list of length"),
        ("expected a map", "expected a mapping of keys to values"),
        ("invalid type: sequence", "a list stands here"),
        ("invalid type: map", "a mapping stands here"),
        ("invalid type: string", "a text stands here,"),
        ("missing field", "missing key"),
        ("duplicate field", "the key stands twice:"),
    ];
    let mut text = message.to_owned();
    for (from, to) in WORDS {
        text = text.replace(from, to);
    }
    // "expected struct SweepSpec": what it is called inside says nothing to a reader of YAML.
    match text.find("expected struct ") {
        Some(at) => format!("{}expected a mapping of keys to values", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_offered_only_when_it_is_near() {
        let near = explain("unknown field `strats`, expected `padding` or `starts`");
        assert_eq!(near.message, "unknown key `strats`; did you mean `starts`?");
        let far = explain("unknown field `colour`, expected `padding` or `starts`");
        assert_eq!(far.message, "unknown key `colour`; remove it");
        assert_eq!(far.help.as_deref(), Some("the keys known here are padding, starts"));
    }
}
