//! The faults of a config in a person's words, each with its place, unknown keys with the nearest known one.

use super::{Complaint, Excerpt, Exit, Failure, render::word_at};
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
    let found = fault.position.map_or("", |position| word_at(text, position));
    let Explained { message, label, help } = explain(&fault.message, found, fault.path.is_empty());
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
        excerpt: fault
            .position
            .filter(|_| !text.trim().is_empty())
            .map(|position| Excerpt {
                file,
                text: text.to_owned(),
                position,
                label,
            }),
        help,
    }
}

/// A fault's text, worked over.
#[derive(Debug, Default, PartialEq)]
struct Explained {
    message: String,
    label: Option<String>,
    help: Option<String>,
}

/// The YAML reader's texts in the words of a spec; other texts as they are. `found` is what stands at the place,
/// `broken` says that the text could not be read as a spec at all.
fn explain(message: &str, found: &str, broken: bool) -> Explained {
    if let Some((unknown, known)) = unknown_key(message) {
        let near = nearest(&unknown, &known);
        return Explained {
            message: match near {
                Some(near) => format!("unknown key `{unknown}`; did you mean `{near}`?"),
                None => format!("unknown key `{unknown}`; remove it or write another"),
            },
            label: near.map(|near| format!("did you mean `{near}`?")),
            help: Some(format!("known here: {}", known.join(", "))),
        };
    }
    let rules = [missing_key, repeated_key, empty, other_type];
    let known = rules
        .iter()
        .find_map(|rule| rule(message))
        .or_else(|| needed(message, found));
    Explained {
        // What the reader of YAML says in its own words is about brackets, quotes or indentation.
        help: (known.is_none() && broken).then(|| "check the brackets, quotes and indentation around here".into()),
        message: known.unwrap_or_else(|| message.to_owned()),
        label: None,
    }
}

/// From "unknown field `a`, expected one of b, c" the unknown one and the known ones.
fn unknown_key(message: &str) -> Option<(String, Vec<String>)> {
    let rest = ["unknown field `", "unknown variant `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))?;
    let (unknown, known) = rest.split_once("`, expected one of ")?;
    Some((unknown.to_owned(), known.split(", ").map(str::to_owned).collect()))
}

fn nearest<'a>(unknown: &str, known: &'a [String]) -> Option<&'a String> {
    let likeness = |key: &String| strsim::jaro_winkler(unknown, key);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) >= NEAR).then_some(nearest)
}

fn missing_key(message: &str) -> Option<String> {
    let key = message.strip_prefix("missing field ")?;
    Some(format!("the key {key} is missing; add it"))
}

fn repeated_key(message: &str) -> Option<String> {
    let rest = message.strip_prefix("duplicate mapping key: ")?;
    let key = rest.split(", set DuplicateKeyPolicy").next()?;
    Some(format!("the key `{key}` stands twice; remove one"))
}

fn empty(message: &str) -> Option<String> {
    (message == "unexpected end of input").then(|| "the text ends too early; docs/spec.md shows a whole spec".into())
}

/// From "invalid type: boolean `true`, expected a class name".
fn other_type(message: &str) -> Option<String> {
    let (found, expected) = message.split_once(", expected ")?;
    let found = match found.strip_prefix("invalid length ") {
        Some(length) => format!("one of length {length}"),
        None => ["invalid type: ", "invalid value: "]
            .iter()
            .find_map(|p| found.strip_prefix(p))?
            .to_owned(),
    };
    Some(format!(
        "{} is needed here, not {found}",
        expected.replace("an array", "a list")
    ))
}

/// What should stand at a place where something of another type stands.
fn needed(message: &str, found: &str) -> Option<String> {
    const KINDS: [(&str, &str); 10] = [
        ("invalid u32", "a whole number (0 or more)"),
        ("invalid u64", "a whole number (0 or more)"),
        ("invalid floating point", "a number"),
        ("invalid f64", "a number"),
        ("expected a list start", "a list such as [a, b]"),
        ("expected sequence start", "a list such as [a, b]"),
        ("expected a mapping start", "a mapping such as {key: value}"),
        ("expected mapping start", "a mapping such as {key: value}"),
        ("expected string scalar", "a text"),
        ("expected scalar", "a single value"),
    ];
    let (_, kind) = KINDS.iter().find(|(text, _)| message == *text)?;
    Some(match found {
        "" => format!("{kind} is needed here"),
        found => format!("{kind} is needed here, not `{found}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_offered_only_when_it_is_near() {
        let near = explain(
            "unknown field `strats`, expected one of padding, starts",
            "strats",
            true,
        );
        assert_eq!(near.message, "unknown key `strats`; did you mean `starts`?");
        let far = explain(
            "unknown field `colour`, expected one of padding, starts",
            "colour",
            true,
        );
        assert_eq!(far.message, "unknown key `colour`; remove it or write another");
        assert_eq!(far.help.as_deref(), Some("known here: padding, starts"));
    }

    #[test]
    fn types_are_named_as_people_name_them() {
        let message = explain("invalid u32", "many", true).message;
        assert_eq!(message, "a whole number (0 or more) is needed here, not `many`");
        assert_eq!(
            explain("expected a list start", "", true).message,
            "a list such as [a, b] is needed here"
        );
        assert_eq!(explain("something else", "x", false).message, "something else");
    }
}
